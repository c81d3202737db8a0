import { createHash } from 'node:crypto'
import { type ActionId, alarmActionId } from '../action/action.ts'
import type { AlarmEvent } from './alarm-event.ts'
import { type AlarmWatch, changesMax, isOn, withAlarm } from './alarm-watch.ts'
import type { FailoverRule } from './failover-rule.ts'

/** An alarm that began longer ago when it is first heard of is history: nothing is done about it. In seconds. */
export const newsSecondsMax = 3600
/** An alarm nothing was heard of for so long keeps no other one from being an incident of its own. In seconds. */
const silentSecondsMax = 86_400
/** After a veto, or an action that could not be asked for, it is looked at again after so long. In seconds. */
export const againSeconds = 60
/** An incident that could not be acted on for so long is left to people. In seconds. */
const patienceSecondsMax = 86_400

/** Whether work still goes on, as the rule's veto tells; null before anybody asked. */
export type Progress = 'none' | 'some' | 'unknown' | null

/** What follows from an event, or from looking at a target again. */
export type Verdict =
  /** The alarm's state says nothing: `insufficient_data`. */
  | 'nothing'
  /** Heard before; older than what is known; of an incident that is being taken care of. */
  | 'duplicate'
  | 'late'
  | 'repeat'
  /** The alarm lasted already when it was first heard of; is muted at its source; began too long ago. */
  | 'no_transition'
  | 'muted'
  | 'stale'
  /** An action of the incident before is still under way. */
  | 'folded'
  /** The incident is over. */
  | 'closed'
  /** It must last longer; it comes and goes too often; work still goes on; nobody can say whether work goes on. */
  | 'waiting'
  | 'damped'
  | 'vetoed'
  | 'unasked'
  /** The alarm has no data now, so that nobody knows whether it lasts. */
  | 'paused'
  /** The veto is to be asked, and then the decision made again. */
  | 'ask'
  | 'act'
  | 'given_up'

export interface AlarmCase {
  watch: AlarmWatch
  rule: FailoverRule
  /** Null when its time has come to be looked at again. */
  event: AlarmEvent | null
  now: Date
  progress: Progress
  /** Whether the action of the incident before is still under way. */
  isActionOpen: boolean
}

export interface Decided {
  watch: AlarmWatch
  verdict: Verdict
}

/** What is known after an event, and what follows from it. Nothing else is looked at, so the same case always ends the same. */
export function decideAlarm(given: AlarmCase): Decided {
  const { watch, event } = given
  if (event === null) return judge(given)
  const known = watch.alarms.find(({ fingerprint }) => fingerprint === event.fingerprint)
  if (known && isOld(known, event)) {
    // An event that is handled a second time, because handling it was cut short, goes on where it stands.
    const isCutShort = event.event_id === watch.event_id && watch.phase !== 'done' && watch.phase !== 'quiet'
    if (isCutShort) return judge(given)
    return { watch, verdict: isSame(known, event) ? 'duplicate' : 'late' }
  }
  const { fingerprint, state, state_at } = event
  const alarms = withAlarm(watch.alarms, { fingerprint, state, state_at, heard_at: given.now.toISOString() })
  if (state === 'insufficient_data') return { watch: { ...watch, alarms }, verdict: 'nothing' }
  if (state === 'ok') return hearOk({ ...watch, alarms }, state_at)
  return hearAlarm(given, event, { ...watch, alarms }, known?.state)
}

/** At one moment an end counts after a beginning, so that nothing is done where the order cannot be told. */
const isOld = (known: { state: string; state_at: string }, { state, state_at }: AlarmEvent): boolean =>
  state_at < known.state_at || (state_at === known.state_at && !(state === 'ok' && known.state === 'alarm'))

const isSame = (known: { state: string; state_at: string }, { state, state_at }: AlarmEvent): boolean =>
  state === known.state && state_at === known.state_at

function hearOk(watch: AlarmWatch, at: string): Decided {
  if (isOn(watch) || watch.phase === 'quiet') return { watch, verdict: watch.phase === 'quiet' ? 'nothing' : 'repeat' }
  const changes = [...watch.changes, at].slice(-changesMax)
  return { watch: { ...watch, phase: 'quiet', since: null, begun_at: null, due_at: null, changes }, verdict: 'closed' }
}

function hearAlarm(given: AlarmCase, event: AlarmEvent, watch: AlarmWatch, before: string | undefined): Decided {
  const { rule, now, isActionOpen } = given
  if (watch.phase !== 'quiet' && (before === 'alarm' || before === 'insufficient_data' || isLasting(given, event)))
    return before === 'insufficient_data' && watch.phase === 'waiting'
      ? judge({ ...given, watch: { ...watch, since: event.state_at } }) // nobody knows what was in between
      : { watch, verdict: 'repeat' }
  // Told of in time it would have kept that incident from being over, and had no action of its own.
  if (isOfTheLast(watch, event)) return { watch: { ...watch, phase: 'done', since: event.state_at }, verdict: 'repeat' }

  const changes = [...watch.changes, event.state_at].slice(-changesMax)
  const begun: AlarmWatch = {
    ...watch,
    since: event.state_at,
    begun_at: now.toISOString(),
    changes,
    event_id: event.event_id,
    due_at: null,
  }
  const leave = (verdict: Verdict): Decided => ({ watch: { ...begun, phase: 'done' }, verdict })
  if (before === undefined && event.previous === 'alarm') return leave('no_transition')
  if (event.is_muted) return leave('muted')
  // Alertmanager repeats what lasts, however long ago it began; the others tell of a change once.
  const age = (now.getTime() - Date.parse(event.state_at)) / 1000
  if (event.source !== 'alertmanager' && age > newsSecondsMax + (rule.for_seconds ?? 0)) return leave('stale')
  if (isActionOpen) return leave('folded')
  return judge({ ...given, watch: { ...begun, phase: 'waiting', action_id: null } })
}

/** Claims that the event is older than the end of an incident that was acted on: it comes late, out of order. */
const isOfTheLast = ({ phase, action_id, changes }: AlarmWatch, { state_at }: AlarmEvent): boolean =>
  phase === 'quiet' && action_id !== null && state_at <= (changes.at(-1) ?? '')

/** Claims that another alarm of the target, heard of in reasonable time, is on. */
const isLasting = ({ watch, now }: AlarmCase, event: AlarmEvent): boolean =>
  watch.alarms.some(
    ({ fingerprint, state, heard_at }) =>
      fingerprint !== event.fingerprint &&
      state === 'alarm' &&
      now.getTime() - Date.parse(heard_at) <= silentSecondsMax * 1000,
  )

/** Whether the time to act has come. */
function judge({ watch, rule, now, progress }: AlarmCase): Decided {
  const wait = (verdict: Verdict, until: number | null): Decided => ({
    watch: { ...watch, due_at: until === null ? null : new Date(until).toISOString() },
    verdict,
  })
  const again = now.getTime() + againSeconds * 1000
  if (watch.phase === 'quiet' || watch.phase === 'done') return wait('repeat', null)
  if (isOutOfPatience(watch, rule, now))
    return { watch: { ...watch, phase: 'done', due_at: null }, verdict: 'given_up' }
  // What was decided stays decided: it is asked for under the same id until somebody answers.
  if (watch.phase === 'acting') return wait('act', again)
  if (!isOn(watch)) return wait('paused', null)
  const calm = calmAt(watch, rule)
  if (calm > now.getTime()) return wait('damped', calm)
  const lasted = Date.parse(watch.since ?? '') + (rule.for_seconds ?? 0) * 1000
  // Without a duration nothing is waited for, not even for our clock to reach the source's.
  if (rule.for_seconds !== undefined && lasted > now.getTime()) return wait('waiting', lasted)
  if (rule.veto && progress === null) return wait('ask', again)
  if (rule.veto && progress !== 'none') return wait(progress === 'some' ? 'vetoed' : 'unasked', again)
  return {
    watch: { ...watch, phase: 'acting', action_id: actionIdOf(watch), due_at: new Date(again).toISOString() },
    verdict: 'act',
  }
}

const isOutOfPatience = ({ begun_at }: AlarmWatch, { for_seconds = 0 }: FailoverRule, now: Date): boolean =>
  begun_at !== null && now.getTime() - Date.parse(begun_at) > (for_seconds + patienceSecondsMax) * 1000

/** When the last changes will be few enough within the rule's time; 0 where they are, or nothing is damped. */
function calmAt({ changes }: AlarmWatch, { flap }: FailoverRule): number {
  if (!flap) return 0
  const oldest = changes.toSorted().at(-flap.changes)
  return changes.length < flap.changes || oldest === undefined ? 0 : Date.parse(oldest) + flap.seconds * 1000
}

/** One incident is one action, however often it is asked for. */
function actionIdOf({ cluster_id, rule, target, since }: AlarmWatch): ActionId {
  const digest = createHash('sha256')
    .update(JSON.stringify([cluster_id, rule, target, since]))
    .digest('hex')
  return alarmActionId(digest)
}
