import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import type { Needs } from '../ports.ts'
import type { ActionDesk } from './action-desk.ts'
import { AlarmEvent, AlarmSource } from './alarm-event.ts'
import { FailoverRule, matches, targetOf } from './failover-rule.ts'
import { allRules } from './list-rules.ts'
import { requireCluster } from './manage-rules.ts'
import { parseAlarm } from './parse-alarm.ts'
import { parseAlertmanager } from './parse-alertmanager.ts'
import { parseEventBridge } from './parse-eventbridge.ts'
import { parseSns, SnsEnvelope } from './parse-sns.ts'
import { parseWebhook } from './parse-webhook.ts'
import { decide, type SettlePorts } from './settle-target.ts'
import type { StoredAlarm } from './stored-alarm.ts'

/** What is to be tried: an alarm as its source sends it, on one rule that need not be stored, or on all that are. */
export const RuleTest = z.strictObject({
  source: AlarmSource,
  event: z.json().describe('The body as the source sends it'),
  rule: FailoverRule.optional().describe('Tried in the place of the stored rules'),
})
export type RuleTest = z.infer<typeof RuleTest>

/** What an event would do. */
export const RuleTrial = z.object({
  event: AlarmEvent.omit({ raw: true }),
  rules: z.array(
    z.object({
      rule: z.string(),
      matches: z.boolean(),
      target: z.string().nullable(),
      verdict: z.string().nullable().describe('As it would stand in the outcome; `act`: the action would be asked for'),
      mode: FailoverRule.shape.mode,
      due_at: z.string().nullable(),
    }),
  ),
})
export type RuleTrial = z.infer<typeof RuleTrial>

const parsers: Record<AlarmSource, (body: unknown) => AlarmEvent[]> = {
  eventbridge: parseEventBridge,
  sns: (body) => parseSns(parseAlarm(SnsEnvelope, body)),
  alertmanager: parseAlertmanager,
  webhook: parseWebhook,
}

/**
 * Shows what an alarm would do as things stand now. Nothing is stored and nothing is done; a veto is really asked.
 * @throws {GridError} `alarm.invalid`, `cluster.not_found` for a rule of a cluster that is not there, or not for the caller
 */
export async function testRules<P extends SettlePorts & Needs<'failoverRules'>>(
  ports: P,
  { source, event: body, rule }: RuleTest,
  caller: Caller,
  desk: Pick<ActionDesk<P>, 'find'>,
): Promise<RuleTrial[]> {
  if (rule) await requireCluster(ports, rule, caller)
  const events = parsers[source](body)
  const rules = rule ? [rule] : (await allRules(ports)).filter(({ cluster_id }) => inScope(caller, cluster_id))
  const trials: RuleTrial[] = []
  for (const event of events) {
    const tried: RuleTrial['rules'] = []
    for (const one of rules) tried.push(await tryRule(ports, one, event, desk))
    const { raw: _, ...shown } = event
    trials.push({ event: shown, rules: tried })
  }
  return trials
}

async function tryRule<P extends SettlePorts>(
  ports: P,
  rule: FailoverRule,
  event: AlarmEvent,
  desk: Pick<ActionDesk<P>, 'find'>,
): Promise<RuleTrial['rules'][number]> {
  const told = { rule: rule.name, matches: matches(rule, event), mode: rule.mode, due_at: null }
  const target = told.matches ? targetOf(rule, event) : null
  if (!told.matches) return { ...told, target, verdict: null }
  if (target === null) return { ...told, target, verdict: 'no_target' }
  const watch = await ports.alarmWatches.read({ rule: rule.name, target, cluster_id: rule.cluster_id })
  const decided = await decide(ports, { rule, target, alarm: asReceived(ports, event), isNews: true }, watch, desk)
  return { ...told, target, verdict: decided.verdict, due_at: decided.watch.due_at }
}

const asReceived = (ports: Needs<'clock'>, event: AlarmEvent): StoredAlarm => ({
  ...event,
  received_at: ports.clock.now().toISOString(),
  caller: 'test',
  clusters: '*',
  handled_at: null,
  outcomes: [],
  version: 0,
})
