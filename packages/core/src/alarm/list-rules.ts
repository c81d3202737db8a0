import type { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { type Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { queryList } from '../query/query-list.ts'
import type { FailoverRule } from './failover-rule.ts'

/** Most rules of the network: each event is held against all of them. */
export const rulesMax = 1000
const pageRules = 500

export const RuleQuery = PageRequest.extend({ cluster_id: ClusterId.optional() })
export type RuleQuery = z.infer<typeof RuleQuery>

/** Rules of the clusters in the caller's scope, by name. @throws {GridError} `cursor.invalid` */
export async function listRules(
  ports: Needs<'failoverRules'>,
  { cluster_id, ...page }: RuleQuery,
  caller: Caller,
): Promise<Page<FailoverRule>> {
  const { items, nextCursor } = await queryList(
    {
      name: 'failover rules',
      query: cluster_id ?? null,
      fetch: (options) => ports.failoverRules.list(options),
      keyOf: ({ rule }) => rule.name,
      matches: ({ rule }) =>
        inScope(caller, rule.cluster_id) && (cluster_id === undefined || rule.cluster_id === cluster_id),
    },
    page,
  )
  return { items: items.map(({ rule }) => rule), nextCursor }
}

/** Every rule there is. */
export async function allRules(ports: Needs<'failoverRules'>): Promise<FailoverRule[]> {
  const rules: FailoverRule[] = []
  let after: string | null = null
  do {
    const page = await ports.failoverRules.list({ after, limit: pageRules })
    rules.push(...page.items.map(({ rule }) => rule))
    after = page.nextCursor
  } while (after !== null && rules.length < rulesMax)
  return rules
}
