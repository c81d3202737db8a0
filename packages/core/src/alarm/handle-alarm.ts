import type { Needs } from '../ports.ts'
import type { ActionDesk } from './action-desk.ts'
import { type FailoverRule, matches, targetOf } from './failover-rule.ts'
import { allRules } from './list-rules.ts'
import { changeAlarm, recordOutcome } from './record-outcome.ts'
import { outcomeOf, type SettlePorts, settleTarget } from './settle-target.ts'
import type { AlarmOutcome, StoredAlarm } from './stored-alarm.ts'

export type HandlePorts = SettlePorts & Needs<'failoverRules'>

/**
 * Asks every rule that is about an event what follows from it, and does that. It may run again after it was cut short: rules
 * that answered are not asked again.
 */
export async function handleAlarm<P extends HandlePorts>(
  ports: P,
  eventId: string,
  desk: ActionDesk<P>,
): Promise<void> {
  const alarm = await ports.alarms.find(eventId)
  if (!alarm || alarm.handled_at !== null) return
  const failures: unknown[] = []
  for (const rule of await rulesFor(ports, alarm)) {
    if (alarm.outcomes.some((outcome) => outcome.rule === rule.name && outcome.verdict !== 'failed')) continue
    try {
      await recordOutcome(ports, eventId, await outcomeFor(ports, rule, alarm, desk))
    } catch (error) {
      // One rule that cannot be asked must not keep the others from acting.
      failures.push(error)
      ports.log.warn('alarm.rule_failed', { rule: rule.name, eventId, error })
    }
  }
  if (failures.length > 0) throw failures[0]
  await changeAlarm(ports, eventId, (stored) => ({ ...stored, handled_at: ports.clock.now().toISOString() }))
}

/** The rules about an event, of clusters that who brought it may speak of. */
export async function rulesFor(ports: Needs<'failoverRules'>, alarm: StoredAlarm): Promise<FailoverRule[]> {
  const rules = await allRules(ports)
  return rules.filter(
    (rule) => matches(rule, alarm) && (alarm.clusters === '*' || alarm.clusters.includes(rule.cluster_id)),
  )
}

async function outcomeFor<P extends HandlePorts>(
  ports: P,
  rule: FailoverRule,
  alarm: StoredAlarm,
  desk: ActionDesk<P>,
): Promise<AlarmOutcome> {
  const target = targetOf(rule, alarm)
  if (target !== null) return settleTarget(ports, { rule, target, alarm, isNews: true }, desk)
  const detail = `the alarm has no ${rule.node_from}`
  return outcomeOf(ports, { rule, target }, { due_at: null, action_id: null }, { verdict: 'no_target', detail })
}
