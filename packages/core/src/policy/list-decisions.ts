import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import { type Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { queryList } from '../query/query-list.ts'
import { toPolicyAction } from './actions.ts'
import { Decision } from './decision.ts'

/** Which decisions to list. An alias of an action means the action. */
export const DecisionQuery = PageRequest.extend({
  action: z.string().max(100).optional(),
  cluster_id: z.string().max(64).optional(),
  verdict: Decision.shape.verdict.optional(),
})
export type DecisionQuery = z.infer<typeof DecisionQuery>

/**
 * Decisions that the caller may see, newest first. Who is bound to clusters sees only those about them.
 * @throws {GridError} `cursor.invalid`, `cluster.not_found` for a cluster out of scope
 */
export async function listDecisions(
  ports: Needs<'decisions'>,
  query: DecisionQuery,
  caller: Caller,
): Promise<Page<Decision>> {
  if (query.cluster_id !== undefined && !inScope(caller, query.cluster_id)) throw clusterNotFound(query.cluster_id)
  const { limit, cursor, ...wanted } = query
  return queryList<Decision>(
    {
      ...{ name: 'decisions', query: wanted, keyOf: positionOf },
      fetch: (options) => ports.decisions.list(options),
      matches: (decision) => matches(query, decision) && isVisible(caller, decision),
    },
    { limit, ...(cursor === undefined ? {} : { cursor }) },
  )
}

/** One decision. @throws {GridError} `decision.not_found`, also for one about a cluster out of scope */
export async function readDecision(ports: Needs<'decisions'>, id: string, caller: Caller): Promise<Decision> {
  const decision = await ports.decisions.find(id)
  if (!decision || !isVisible(caller, decision)) throw new GridError('decision.not_found', `no decision ${id}`)
  return decision
}

/** A decision's place in the list: its time, then its id. */
export const positionOf = (decision: Pick<Decision, 'id' | 'at'>): string => `${decision.at}#${decision.id}`

function matches(query: DecisionQuery, decision: Decision): boolean {
  const action = query.action === undefined ? undefined : (toPolicyAction(query.action) ?? query.action)
  return (
    (action === undefined || decision.action === action) &&
    (query.cluster_id === undefined || decision.cluster_id === query.cluster_id) &&
    (query.verdict === undefined || decision.verdict === query.verdict)
  )
}

const isVisible = (caller: Caller, decision: Decision): boolean =>
  caller.clusters === '*' || (decision.cluster_id !== null && inScope(caller, decision.cluster_id))
