import { z } from 'zod'
import { ActionId, ActionState } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { AlarmEvent } from './alarm-event.ts'
import { RuleName } from './failover-rule.ts'

/** Most rules whose outcome is kept with one event. */
export const outcomesMax = 100

/** What one rule made of an event. */
export const AlarmOutcome = z.object({
  rule: RuleName,
  cluster_id: ClusterId,
  target: z
    .string()
    .nullable()
    .describe('The node that the event names, or `*`; null where the rule wants one and it names none'),
  verdict: z.enum([
    ...(['nothing', 'duplicate', 'late', 'repeat', 'no_transition', 'muted', 'stale', 'folded', 'closed'] as const),
    ...(['waiting', 'damped', 'vetoed', 'unasked', 'paused', 'given_up', 'cleared', 'no_target'] as const),
    ...(['acted', 'observed', 'refused', 'failed'] as const),
  ]),
  due_at: z.string().nullable().describe('When it is looked at again'),
  action_id: ActionId.nullable(),
  action_state: ActionState.nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  at: z.string().describe('ISO 8601'),
})
export type AlarmOutcome = z.infer<typeof AlarmOutcome>

/** An event as it is kept, with what came of it. */
export const StoredAlarm = AlarmEvent.extend({
  received_at: z.string().describe('ISO 8601'),
  caller: z.string().describe('The key that brought it, or how else it was believed'),
  clusters: z
    .union([z.literal('*'), z.array(z.string())])
    .describe('Clusters that this caller may speak of: rules of others are not asked'),
  handled_at: z.string().nullable().describe('When every rule had been asked'),
  outcomes: z.array(AlarmOutcome),
  /** Grows by one with every write. */
  version: z.number().int(),
})
export type StoredAlarm = z.infer<typeof StoredAlarm>

/** Puts an outcome in the place of what the same rule said of the same target. */
export function withOutcome(stored: StoredAlarm, outcome: AlarmOutcome): StoredAlarm {
  const others = stored.outcomes.filter(({ rule, target }) => rule !== outcome.rule || target !== outcome.target)
  return { ...stored, outcomes: [...others, outcome].slice(-outcomesMax) }
}
