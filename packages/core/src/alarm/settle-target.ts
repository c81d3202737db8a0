import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type ActionDesk, isOpen } from './action-desk.ts'
import type { AlarmWatch } from './alarm-watch.ts'
import { askProgress } from './ask-progress.ts'
import { carryOut } from './carry-out.ts'
import { type Decided, decideAlarm } from './decide-alarm.ts'
import type { FailoverRule } from './failover-rule.ts'
import { recordOutcome } from './record-outcome.ts'
import type { AlarmOutcome, StoredAlarm } from './stored-alarm.ts'

/** Times a decision is made anew because another event of the target was handled in between. */
const attemptsMax = 30

export type SettlePorts = Needs<'alarms' | 'alarmWatches' | 'clusters' | 'controllers' | 'clock' | 'log'>

/** One rule and one target, and why they are looked at. */
export interface Settled {
  rule: FailoverRule
  target: string
  /** What is to be told of the outcome: the news, or the event that began the incident. */
  alarm: StoredAlarm
  /** Whether the alarm is news; else the target's time has come to be looked at again. */
  isNews: boolean
}

/**
 * Decides what an event means for one target of one rule, and does it. The decision is written before it is acted on, so that
 * of many deliveries one decides; acting has one id, so that being cut short and going on is one action.
 * @throws {GridError} `service.unavailable` when others keep deciding in between
 */
export async function settleTarget<P extends SettlePorts>(
  ports: P,
  given: Settled,
  desk: ActionDesk<P>,
): Promise<AlarmOutcome> {
  const at = { rule: given.rule.name, target: given.target, cluster_id: given.rule.cluster_id }
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const before = await ports.alarmWatches.read(at)
    const decided = await decide(ports, given, before, desk)
    const watch = decided.watch === before ? before : await ports.alarmWatches.write(decided.watch)
    if (!watch) continue
    if (decided.verdict === 'act') return act(ports, given, watch, desk)
    if (decided.verdict === 'closed') await tellCleared(ports, given, before)
    return outcomeOf(ports, given, watch, { verdict: decided.verdict === 'ask' ? 'unasked' : decided.verdict })
  }
  throw new GridError('service.unavailable', `too many events of ${at.target} for rule ${at.rule} at the same time`, {
    retryAfterSeconds: 1,
  })
}

/** Decides, and asks the veto where everything else is fulfilled. */
export async function decide<P extends SettlePorts>(
  ports: P,
  { rule, alarm, isNews }: Settled,
  watch: AlarmWatch,
  desk: Pick<ActionDesk<P>, 'find'>,
): Promise<Decided> {
  const event = isNews ? alarm : null
  const mayBegin = isNews && alarm.state === 'alarm' && watch.action_id !== null && watch.phase !== 'acting'
  const isActionOpen = mayBegin && watch.action_id !== null && isOpen(await desk.find(ports, watch.action_id))
  const asked = { watch, rule, event, now: ports.clock.now(), isActionOpen }
  const decided = decideAlarm({ ...asked, progress: null })
  if (decided.verdict !== 'ask') return decided
  return decideAlarm({ ...asked, progress: await askProgress(ports, rule) })
}

async function act<P extends SettlePorts>(
  ports: P,
  given: Settled,
  watch: AlarmWatch,
  desk: ActionDesk<P>,
): Promise<AlarmOutcome> {
  const { rule, target } = given
  if (watch.action_id === null) throw new GridError('internal', `rule ${rule.name} acts without an action`)
  // The action is about what began the incident, also when later news of it is handled first.
  const began = watch.event_id === null ? null : await ports.alarms.find(watch.event_id)
  const event = began ?? given.alarm
  const { isUnclear, ...carried } = await carryOut(ports, { rule, target, event, actionId: watch.action_id }, desk)
  const outcome = outcomeOf(ports, given, watch, carried)
  if (isUnclear) return outcome
  await recordOutcome(ports, event.event_id, { ...outcome, due_at: null })
  // Nothing is lost where this is not written: the action is asked for once more, under its id.
  await ports.alarmWatches.write({ ...watch, phase: 'done', due_at: null })
  return { ...outcome, due_at: null }
}

/** The event that began an incident whose end came before anything was done says so. */
async function tellCleared(ports: SettlePorts, given: Settled, before: AlarmWatch): Promise<void> {
  if (before.phase !== 'waiting' || before.event_id === null) return
  const outcome = outcomeOf(ports, given, { ...before, due_at: null }, { verdict: 'cleared' })
  await recordOutcome(ports, before.event_id, outcome)
}

export const outcomeOf = (
  ports: Needs<'clock'>,
  { rule, target }: Pick<Settled, 'rule'> & { target: string | null },
  { due_at, action_id }: Pick<AlarmWatch, 'due_at' | 'action_id'>,
  told: Pick<AlarmOutcome, 'verdict'> & Partial<AlarmOutcome>,
): AlarmOutcome => ({
  rule: rule.name,
  cluster_id: rule.cluster_id,
  target,
  due_at,
  action_id,
  action_state: null,
  code: null,
  detail: null,
  at: ports.clock.now().toISOString(),
  ...told,
})
