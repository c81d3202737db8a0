import { z } from 'zod'
import { ActionType, typeEffects } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { like } from '../query/like.ts'
import { type AlarmEvent, AlarmName, AlarmSource } from './alarm-event.ts'

/** Longest waits that a rule may ask for, in seconds, and most changes that it may count. */
const forSecondsMax = 86_400
const flapChangesMax = 50
const promqlCharactersMax = 4096
const matchLabelsMax = 20

export const RuleName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,62}[a-z0-9])?$/, 'must be a lower-case DNS label of at most 64 characters')
  .brand('RuleName')
export type RuleName = z.infer<typeof RuleName>

/** `observe` plans and records what would be done (spec/decisions.md 34). */
export const RuleMode = z.enum(['off', 'observe', 'act'])
export type RuleMode = z.infer<typeof RuleMode>

const Glob = z.string().min(1).max(1024).describe('`*` stands for any characters')
const Seconds = z.number().int().min(1).max(forSecondsMax)
const Text = z.string().min(1).max(253)

const Match = z
  .strictObject({
    source: AlarmSource.optional(),
    alarm_name: AlarmName.optional().describe('`*` stands for any characters'),
    labels: z
      .record(z.string().min(1).max(255), Glob)
      .refine((labels) => Object.keys(labels).length <= matchLabelsMax, `must hold at most ${matchLabelsMax} members`)
      .optional(),
  })
  .refine(({ alarm_name, labels = {} }) => alarm_name !== undefined || Object.keys(labels).length > 0, {
    message: 'must name an alarm or a label; a rule about every alarm is refused',
  })

/** What is done about which alarms (spec/decisions.md 41). Unknown members are refused: a misspelt guard is no guard. */
export const FailoverRule = z
  .strictObject({
    name: RuleName,
    match: Match,
    cluster_id: ClusterId,
    namespace: Text.default('default'),
    node_pool: Text.optional(),
    node_from: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('The dimension or label that names the node or its instance'),
    jobset_name: Text.optional(),
    type: ActionType,
    mode: RuleMode.default('observe'),
    for_seconds: Seconds.optional().describe('The alarm must last so long'),
    flap: z
      .strictObject({ changes: z.number().int().min(2).max(flapChangesMax), seconds: Seconds })
      .optional()
      .describe('Nothing is done while the alarm changed so often in so many seconds'),
    veto: z
      .strictObject({ promql: z.string().min(1).max(promqlCharactersMax), for_seconds: Seconds })
      .optional()
      .describe('Nothing is done while this was above zero in so many seconds: work still goes on'),
  })
  .superRefine((rule, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    const { restarts } = typeEffects[rule.type]
    if (rule.type === 'uncordon_nodepool') refuse('type', 'is nothing that an alarm should make happen')
    else if (restarts && rule.jobset_name === undefined) refuse('jobset_name', `is required for ${rule.type}`)
    else if (!restarts && rule.node_pool === undefined && rule.node_from === undefined)
      refuse('node_pool', `or node_from is required for ${rule.type}`)
  })
export type FailoverRule = z.infer<typeof FailoverRule>

/** Claims that the rule is about the event. A rule that is `off` is about none. */
export function matches({ match, mode }: FailoverRule, event: AlarmEvent): boolean {
  if (mode === 'off') return false
  if (match.source !== undefined && match.source !== event.source) return false
  if (match.alarm_name !== undefined && !like(match.alarm_name)(event.alarm_name)) return false
  return Object.entries(match.labels ?? {}).every(([name, pattern]) => {
    const value = Object.hasOwn(event.labels, name) ? event.labels[name] : undefined
    return value !== undefined && like(pattern)(value)
  })
}

/** The target of a rule that is about one pool or JobSet, whichever node the alarm is about. */
export const wholeTarget = '*'

/** What of the rule's cluster an event is about; null where the rule wants a node and the event names none. */
export function targetOf(rule: FailoverRule, event: AlarmEvent): string | null {
  if (rule.node_from === undefined) return wholeTarget
  const value = Object.hasOwn(event.labels, rule.node_from) ? event.labels[rule.node_from]?.trim() : undefined
  return value !== undefined && value !== '' && value !== wholeTarget && value.length <= 253 ? value : null
}
