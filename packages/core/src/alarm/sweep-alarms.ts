import type { ActionDesk } from './action-desk.ts'
import type { AlarmWatch } from './alarm-watch.ts'
import type { HandlePorts } from './handle-alarm.ts'
import { recordOutcome } from './record-outcome.ts'
import { settleTarget } from './settle-target.ts'

/** Targets looked at in one sweep; the next one goes on. */
const dueMax = 200

/** What a sweep found and did. */
export interface AlarmSweep {
  looked: number
  /** Targets that could not be looked at; the next sweep does. */
  skipped: number
}

/** Looks again at targets whose time has come: an alarm has lasted long enough, changes less often, or its veto may have ended. */
export async function sweepAlarms<P extends HandlePorts>(ports: P, desk: ActionDesk<P>): Promise<AlarmSweep> {
  const sweep: AlarmSweep = { looked: 0, skipped: 0 }
  for (const watch of await ports.alarmWatches.listDue(ports.clock.now(), dueMax)) {
    sweep.looked++
    try {
      await lookAgain(ports, watch, desk)
    } catch (error) {
      // One target that cannot be looked at must not keep the others from it.
      sweep.skipped++
      ports.log.warn('alarm.sweep_failed', { rule: watch.rule, target: watch.target, error })
    }
  }
  if (sweep.looked > 0) ports.log.info('alarms.swept', { ...sweep })
  return sweep
}

async function lookAgain<P extends HandlePorts>(ports: P, watch: AlarmWatch, desk: ActionDesk<P>): Promise<void> {
  const found = await ports.failoverRules.find(watch.rule)
  const alarm = watch.event_id === null ? null : await ports.alarms.find(watch.event_id)
  if (!found || !alarm || found.rule.mode === 'off' || found.rule.cluster_id !== watch.cluster_id) {
    await ports.alarmWatches.write({ ...watch, phase: 'done', due_at: null })
    return
  }
  const outcome = await settleTarget(ports, { rule: found.rule, target: watch.target, alarm, isNews: false }, desk)
  await recordOutcome(ports, alarm.event_id, outcome)
}
