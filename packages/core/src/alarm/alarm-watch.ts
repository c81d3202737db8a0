import { z } from 'zod'
import { ActionId } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { AlarmState } from './alarm-event.ts'
import { RuleName } from './failover-rule.ts'

/** Most alarms that are told apart on one target, and most of its changes that are remembered. */
export const watchedAlarmsMax = 100
export const changesMax = 50

/**
 * Where a target stands: `quiet`: no alarm; `waiting`: an alarm lasts, something is still to be waited for; `acting`: the action
 * is being asked for; `done`: whatever was to be done about this alarm is done.
 */
export const WatchPhase = z.enum(['quiet', 'waiting', 'acting', 'done'])
export type WatchPhase = z.infer<typeof WatchPhase>

/** What is known of one alarm of a target. */
export const WatchedAlarm = z.object({
  fingerprint: z.string(),
  state: AlarmState,
  state_at: z.string(),
  heard_at: z.string(),
})
export type WatchedAlarm = z.infer<typeof WatchedAlarm>

/** What one rule knows of one target: the memory that makes many events one incident. */
export const AlarmWatch = z.object({
  rule: RuleName,
  target: z.string(),
  cluster_id: ClusterId,
  phase: WatchPhase,
  alarms: z.array(WatchedAlarm),
  /** When the incident began, by the clock of the alarm's source; null while all is quiet. */
  since: z.string().nullable(),
  /** When it was first heard of, by our clock. */
  begun_at: z.string().nullable(),
  /** When the target went into or out of alarm, the latest last. */
  changes: z.array(z.string()),
  /** When it is to be looked at again. */
  due_at: z.string().nullable(),
  /** The event that began the incident: what came of it is recorded there. */
  event_id: z.string().nullable(),
  /** The action of this incident, or of the one before. */
  action_id: ActionId.nullable(),
  /** Grows by one with every write; 0 was never written. */
  version: z.number().int(),
})
export type AlarmWatch = z.infer<typeof AlarmWatch>

export const newWatch = (at: Pick<AlarmWatch, 'rule' | 'target' | 'cluster_id'>): AlarmWatch => ({
  ...at,
  phase: 'quiet',
  alarms: [],
  since: null,
  begun_at: null,
  changes: [],
  due_at: null,
  event_id: null,
  action_id: null,
  version: 0,
})

/** Claims that some alarm of the target is on at this moment. */
export const isOn = ({ alarms }: Pick<AlarmWatch, 'alarms'>): boolean => alarms.some(({ state }) => state === 'alarm')

/** Puts what was heard of one alarm in the place of what was known; the ones longest silent are forgotten first. */
export function withAlarm(alarms: readonly WatchedAlarm[], heard: WatchedAlarm): WatchedAlarm[] {
  const others = alarms.filter(({ fingerprint }) => fingerprint !== heard.fingerprint)
  const kept = [...others].sort((a, b) => order(a) - order(b) || (a.heard_at < b.heard_at ? -1 : 1))
  return [...kept.slice(Math.max(0, kept.length + 1 - watchedAlarmsMax)), heard]
}

/** What is over may be forgotten before what lasts. */
const order = ({ state }: WatchedAlarm): number => (state === 'alarm' ? 1 : 0)
