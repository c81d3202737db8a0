import type { Caller } from '../caller.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { parseFilter } from '../query/parse-filter.ts'
import { queryList } from '../query/query-list.ts'
import { isVisible } from './own-policy.ts'
import type { Policy } from './policy.ts'

/**
 * The policies that the caller may see and that match, in the order of their URIs. Inline code is not repeated in lists:
 * `code` is then `sha256:` and the digest. A page may hold fewer than were asked for, even none, while there is a next one.
 * @param query in either language of `parseFilter`
 * @throws {GridError} `query.invalid`, `query.unknown_operator`, `cursor.invalid`
 */
export async function queryPolicies(
  ports: Needs<'policies'>,
  query: unknown,
  page: PageRequest,
  caller: Caller,
): Promise<Page<Policy>> {
  const filter = parseFilter(query)
  const { items, nextCursor } = await queryList(
    {
      name: 'policies',
      query,
      fetch: (options) => ports.policies.list(options),
      keyOf: ({ policy }) => policy.policy_rule_uri,
      matches: ({ policy }) => isVisible(caller, policy) && filter.matches(policy),
    },
    page,
  )
  return { items: items.map(({ policy }) => policy), nextCursor }
}
