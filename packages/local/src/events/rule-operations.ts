import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../aws/database.ts'
import { type Input, inputOf } from '../aws/input.ts'
import { AwsError, type JsonObject } from '../aws/service.ts'
import { fieldsOf } from './event.ts'
import { parsePattern } from './pattern.ts'
import type { Rule, RuleStore, Target } from './rule-store.ts'
import { periodOf } from './schedule.ts'

/** Rules of a bus, targets of a rule, and rules of one page (EventBridge quotas). */
const rulesMax = 300
const targetsMax = 5
const pageMax = 100

/** How EventBridge answers bad input. */
export const eventsCodes = { missing: 'ValidationException', invalid: 'ValidationException' } as const

/** What the operations on rules need. */
export interface RuleParts {
  db: DatabaseSync
  rules: RuleStore
  now: () => number
  arnOf: (ruleName: string) => string
  /** Told that schedules may have changed. */
  changed: () => void
}

type Operation = (request: JsonObject) => JsonObject

/** Operations on rules and targets of the default bus (EventBridge API). */
export function ruleOperations(parts: RuleParts): Record<string, Operation> {
  const { rules, arnOf, changed } = parts
  const setEnabled = (request: JsonObject, isEnabled: boolean): JsonObject => {
    const rule = ruleOf(parts, request, 'Name')
    rules.put({ ...rule, isEnabled, dueAt: dueAt(parts, rule.schedule) })
    changed()
    return {}
  }
  return {
    PutRule: (request) => putRule(parts, request),
    EnableRule: (request) => setEnabled(request, true),
    DisableRule: (request) => setEnabled(request, false),
    DescribeRule: (request) => shown(ruleOf(parts, request, 'Name'), arnOf),
    DeleteRule(request) {
      const name = readBus(request).text('Name')
      if (rules.targets(name).length > 0)
        throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.")
      rules.remove(name)
      changed()
      return {}
    },
    ListRules(request) {
      const prefix = readBus(request).optionalText('NamePrefix') ?? ''
      const found = rules.all().filter(({ name }) => name.startsWith(prefix))
      const { page, next } = pageOf(request, found, ({ name }) => name)
      return { Rules: page.map((rule) => shown(rule, arnOf)), ...next }
    },
    PutTargets: (request) => putTargets(parts, request),
    RemoveTargets(request) {
      const rule = ruleOf(parts, request, 'Rule')
      const ids = inputOf(request, eventsCodes).texts('Ids')
      const missing = transaction(parts.db, () => ids.filter((id) => !rules.removeTarget(rule.name, id)))
      const failures = missing.map((id) => ({
        TargetId: id,
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: 'no such target',
      }))
      return { FailedEntryCount: failures.length, FailedEntries: failures }
    },
    ListTargetsByRule(request) {
      const rule = ruleOf(parts, request, 'Rule')
      const { page, next } = pageOf(request, rules.targets(rule.name), ({ Id }) => Id)
      return { Targets: page as unknown as JsonObject[], ...next }
    },
  }
}

/** Refuses other buses than the default one. */
function readBus(request: JsonObject): Input {
  const input = inputOf(request, eventsCodes)
  const bus = input.optionalText('EventBusName') ?? 'default'
  if (bus !== 'default' && !bus.endsWith(':event-bus/default'))
    throw new AwsError('ResourceNotFoundException', `Event bus ${bus} does not exist.`)
  return input
}

function ruleOf({ rules }: RuleParts, request: JsonObject, member: string): Rule {
  const name = readBus(request).text(member)
  const rule = rules.find(name)
  if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`)
  return rule
}

function putRule(parts: RuleParts, request: JsonObject): JsonObject {
  const { rules, arnOf, changed } = parts
  const input = readBus(request)
  const name = input.text('Name')
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name))
    throw new AwsError('ValidationException', `Rule name ${name} is not valid.`)
  const pattern = input.optionalText('EventPattern')
  const schedule = input.optionalText('ScheduleExpression') || null
  if (!pattern && !schedule)
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.')
  const state = input.optionalText('State') ?? 'ENABLED'
  if (state !== 'ENABLED' && state !== 'DISABLED')
    throw new AwsError('ValidationException', `State ${state} is not supported.`)
  const earlier = rules.find(name)
  if (!earlier && rules.all().length >= rulesMax)
    throw new AwsError('LimitExceededException', `The requested resource exceeds the maximum of ${rulesMax} rules.`)

  rules.put({
    name,
    pattern: pattern ? parsePattern(pattern) : null,
    schedule,
    isEnabled: state === 'ENABLED',
    description: input.optionalText('Description') ?? '',
    // Putting the same schedule again, as at every start of the product, does not start its period anew.
    dueAt: earlier?.schedule === schedule ? earlier.dueAt : dueAt(parts, schedule),
  })
  changed()
  return { RuleArn: arnOf(name) }
}

const dueAt = (parts: RuleParts, schedule: string | null): number | null =>
  schedule === null ? null : parts.now() + periodOf(schedule)

function putTargets(parts: RuleParts, request: JsonObject): JsonObject {
  const { db, rules } = parts
  const rule = ruleOf(parts, request, 'Rule')
  const targets = inputOf(request, eventsCodes).objects('Targets').map(readTarget)
  const ids = new Set([...rules.targets(rule.name), ...targets].map(({ Id }) => Id))
  if (targets.length === 0) throw new AwsError('ValidationException', 'Targets must have at least one entry.')
  if (ids.size > targetsMax)
    throw new AwsError('LimitExceededException', `The requested resource exceeds the maximum of ${targetsMax} targets.`)
  transaction(db, () => {
    for (const target of targets) rules.putTarget(rule.name, target)
  })
  return { FailedEntryCount: 0, FailedEntries: [] }
}

const targetMembers = ['Id', 'Arn', 'Input', 'InputPath', 'SqsParameters', 'RoleArn']

function readTarget(target: JsonObject): Target {
  const other = Object.keys(target).find((name) => !targetMembers.includes(name))
  if (other) throw new AwsError('ValidationException', `Target member ${other} is not supported by the embedded cloud.`)
  const input = inputOf(target, eventsCodes)
  const Arn = input.text('Arn')
  if (!/^arn:aws:(lambda|sqs):/.test(Arn))
    throw new AwsError(
      'ValidationException',
      `Target ${Arn} is not supported by the embedded cloud; only functions and queues are.`,
    )
  const Input = input.optionalText('Input')
  if (Input !== undefined && !isJson(Input))
    throw new AwsError('ValidationException', 'Parameter Input is not valid JSON.')
  const InputPath = input.optionalText('InputPath')
  if (InputPath) fieldsOf(InputPath)
  const group = target.SqsParameters
    ? inputOf(input.object('SqsParameters'), eventsCodes).text('MessageGroupId')
    : undefined
  return {
    Id: input.text('Id'),
    Arn,
    ...(Input === undefined ? {} : { Input }),
    ...(InputPath === undefined ? {} : { InputPath }),
    ...(group === undefined ? {} : { SqsParameters: { MessageGroupId: group } }),
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function pageOf<T>(request: JsonObject, all: readonly T[], keyOf: (one: T) => string): { page: T[]; next: JsonObject } {
  const input = inputOf(request, eventsCodes)
  const limit = input.integer('Limit', 1, pageMax) ?? pageMax
  const after = input.optionalText('NextToken') ?? ''
  const rest = all.filter((one) => keyOf(one) > after)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return { page, next: last && rest.length > page.length ? { NextToken: keyOf(last) } : {} }
}

const shown = (rule: Rule, arnOf: (name: string) => string): JsonObject => ({
  Name: rule.name,
  Arn: arnOf(rule.name),
  State: rule.isEnabled ? 'ENABLED' : 'DISABLED',
  EventBusName: 'default',
  ...(rule.pattern ? { EventPattern: JSON.stringify(rule.pattern) } : {}),
  ...(rule.schedule ? { ScheduleExpression: rule.schedule } : {}),
  ...(rule.description ? { Description: rule.description } : {}),
})
