import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ActionId, type ActionRecord, ActionState, ActionType, isOver } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'

/** Length of an event's id, in hexadecimal digits. */
const idDigits = 32

/** That an action begins, or how it ended, as CloudEvents 1.0 writes events in JSON. */
export const ActionEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().describe('the same for the same news, however often it is sent'),
  type: z.enum(['io.gridgate.action.accepted', 'io.gridgate.action.ended']),
  source: z.string().describe('/gridgate/clusters/{id}'),
  subject: ActionId,
  time: z.string().describe('ISO 8601'),
  datacontenttype: z.literal('application/json'),
  data: z.object({
    id: ActionId,
    type: ActionType,
    state: ActionState,
    cluster_id: ClusterId,
    node_pool: z.string().nullable(),
    jobset_name: z.string().nullable(),
    requestor: z.string(),
    identity: z.string(),
    reason: z.string(),
    code: z.string().nullable(),
    error: z.string().nullable(),
    left_behind: z.array(z.string()),
  }),
})
export type ActionEvent = z.infer<typeof ActionEvent>

/** What is told of an action as it stands: only its beginning and its end are news. */
export function eventOf(record: Omit<ActionRecord, 'steps'>): ActionEvent {
  const { id, type, state, cluster_id, node_pool, jobset_name, requestor, identity, reason, created_at } = record
  const { code = null, error = null, left_behind = [] } = record
  const news = isOver(state) ? 'io.gridgate.action.ended' : 'io.gridgate.action.accepted'
  return {
    specversion: '1.0',
    // An id that was refused may be tried anew: that attempt was created later.
    id: createHash('sha256').update(`${news}\n${created_at}\n${id}`).digest('hex').slice(0, idDigits),
    type: news,
    source: `/gridgate/clusters/${cluster_id}`,
    subject: id,
    time: isOver(state) ? record.updated_at : created_at,
    datacontenttype: 'application/json',
    data: {
      id,
      type,
      state,
      cluster_id,
      node_pool,
      jobset_name,
      requestor,
      identity,
      reason,
      code,
      error,
      left_behind,
    },
  }
}
