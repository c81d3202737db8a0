import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { GridError } from '../errors.ts'
import { type Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { toPolicyAction } from './actions.ts'
import { Decision } from './decision.ts'

const readDecisionsMax = 500
/** Most decisions that one request looks at; what it found by then is its page (spec/decisions.md 15). */
const lookedAtMax = 5000

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
  const list = `decisions ${JSON.stringify([query.action ?? '', query.cluster_id ?? '', query.verdict ?? ''])}`
  const items: Decision[] = []
  let after = query.cursor === undefined ? null : decodeCursor(list, query.cursor)
  for (let lookedAt = 0; lookedAt < lookedAtMax; lookedAt += readDecisionsMax) {
    const limit = isNarrow(query, caller) ? readDecisionsMax : query.limit - items.length
    const page = await ports.decisions.list({ after, limit })
    for (const decision of page.items) {
      if (!matches(query, decision) || !isVisible(caller, decision)) continue
      items.push(decision)
      if (items.length === query.limit && decision !== page.items.at(-1))
        return { items, nextCursor: encodeCursor(list, positionOf(decision)) }
    }
    after = page.nextCursor
    if (after === null || items.length === query.limit) break
  }
  return { items, nextCursor: after === null ? null : encodeCursor(list, after) }
}

/** One decision. @throws {GridError} `decision.not_found`, also for one about a cluster out of scope */
export async function readDecision(ports: Needs<'decisions'>, id: string, caller: Caller): Promise<Decision> {
  const decision = await ports.decisions.find(id)
  if (!decision || !isVisible(caller, decision)) throw new GridError('decision.not_found', `no decision ${id}`)
  return decision
}

/** A decision's place in the list: its time, then its id. */
export const positionOf = (decision: Pick<Decision, 'id' | 'at'>): string => `${decision.at}#${decision.id}`

const isNarrow = (query: DecisionQuery, caller: Caller): boolean =>
  caller.clusters !== '*' || [query.action, query.cluster_id, query.verdict].some((wanted) => wanted !== undefined)

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
