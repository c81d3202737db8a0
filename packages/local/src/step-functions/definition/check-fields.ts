import type { Json, JsonObject } from '../../aws/service.ts'
import { retryDelaySecondsMax, taskSecondsMax } from '../limits.ts'
import { parseTimestamp } from '../timestamp.ts'
import { below, type Findings, isObject } from './diagnostics.ts'
import { argumentsOf, parseResource } from './resource.ts'
import {
  anything,
  atLeast,
  every,
  expressionOr,
  integer,
  isExpression,
  listOf,
  oneOf,
  type Rule,
  record,
  type Shape,
  shaped,
  text,
  yes,
} from './rules.ts'

/** Fields of JSONPath, which a JSONata state must not have. */
const jsonPathFields = [
  ...['InputPath', 'OutputPath', 'ResultPath', 'ResultSelector', 'Parameters', 'Result', 'ItemsPath', 'Variable'],
  ...['SecondsPath', 'TimestampPath', 'TimeoutSecondsPath', 'HeartbeatSecondsPath', 'ErrorPath', 'CausePath'],
  ...['MaxConcurrencyPath', 'ToleratedFailureCountPath', 'ToleratedFailurePercentagePath'],
]

const language: Rule = (value, at, findings) => {
  if (value !== 'JSONata')
    findings.error(
      "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
      at.slice(0, at.lastIndexOf('/')),
    )
}

/** States.ALL stands alone, and in the last entry (spec/step-functions.md section 6). */
const wildcard: Rule = (value, at, findings) => {
  if (!Array.isArray(value)) return
  const entries = value.map((entry) => (isObject(entry) && Array.isArray(entry.ErrorEquals) ? entry.ErrorEquals : []))
  for (const [index, names] of entries.entries()) {
    if (!names.includes('States.ALL')) continue
    const where = `${at}[${index}]/ErrorEquals`
    if (names.length > 1) findings.error('States.ALL must appear alone', where)
    if (index < entries.length - 1) findings.error('States.ALL must be in the last entry', where)
  }
}

const errorNames = listOf(text, 1)

const retryShape: Rule = (value, at, findings) => {
  shaped({
    required: { ErrorEquals: errorNames },
    optional: {
      Comment: text,
      IntervalSeconds: integer(1, taskSecondsMax),
      MaxAttempts: integer(0, taskSecondsMax),
      BackoffRate: atLeast(1),
      MaxDelaySeconds: integer(1, retryDelaySecondsMax),
      JitterStrategy: oneOf('FULL', 'NONE'),
    },
  })(value, at, findings)
  if (!isObject(value) || typeof value.MaxDelaySeconds !== 'number') return
  const interval = typeof value.IntervalSeconds === 'number' ? value.IntervalSeconds : 1
  if (value.MaxDelaySeconds <= interval) findings.error('MaxDelaySeconds must be greater than IntervalSeconds', at)
}

const catchShape = shaped({
  required: { ErrorEquals: errorNames, Next: text },
  optional: { Comment: text, Output: anything, Assign: record },
})

const choiceRule = shaped({
  required: {
    Next: text,
    Condition: expressionOr((value, at, findings) => {
      if (typeof value !== 'boolean') findings.error('Condition must be a JSONata expression or a Boolean', at)
    }),
  },
  optional: { Comment: text, Output: anything, Assign: record },
})

const handlers = { Retry: every(listOf(retryShape, 0), wildcard), Catch: every(listOf(catchShape, 0), wildcard) }
const moving = { Next: text, End: yes, Output: anything, Assign: record }
const seconds = expressionOr(integer(1, taskSecondsMax))

const timestamp = expressionOr((value, at, findings) => {
  if (typeof value !== 'string' || parseTimestamp(value) === null)
    findings.error('String does not match RFC3339 timestamp', at)
})

const graph = (more: Record<string, Rule>): Rule =>
  shaped({ required: { States: states, StartAt: text }, optional: { Comment: text, ...more } })

/** An ItemProcessor; distributed Maps are refused. */
const processor: Rule = graph({
  ProcessorConfig: shaped({ required: { Mode: oneOf('INLINE') } }),
})

/** The own fields of each type of state. */
const shapes: Record<string, Shape> = {
  Pass: { optional: moving },
  Succeed: { optional: { Output: anything } },
  Fail: { optional: { Error: text, Cause: text } },
  Wait: { optional: { ...moving, Seconds: expressionOr(integer(0, taskSecondsMax)), Timestamp: timestamp } },
  Choice: {
    required: { Choices: listOf(choiceRule, 1) },
    optional: { Default: text, Output: anything, Assign: record },
  },
  Task: {
    required: { Resource: resource },
    optional: { ...moving, ...handlers, Arguments: anything, TimeoutSeconds: seconds, HeartbeatSeconds: seconds },
  },
  Parallel: {
    required: { Branches: listOf((...all) => graph({})(...all), 1) },
    optional: { ...moving, ...handlers, Arguments: anything },
  },
  Map: {
    required: { ItemProcessor: (...all) => processor(...all) },
    optional: {
      ...moving,
      ...handlers,
      Items: expressionOr(listOf(anything, 0)),
      ItemSelector: anything,
      MaxConcurrency: expressionOr(integer(0, Number.MAX_SAFE_INTEGER)),
    },
  },
}

function resource(value: Json, at: string, findings: Findings): void {
  if (typeof value !== 'string') findings.error('Expected value of type String', at)
  else if (!parseResource(value)) findings.error(`The resource '${value}' is not supported by the embedded cloud`, at)
}

function states(value: Json, at: string, findings: Findings): void {
  if (!isObject(value)) {
    findings.error('Expected value of type Object', at)
    return
  }
  for (const [name, state] of Object.entries(value)) {
    if (name.length === 0 || name.length > 80)
      findings.error('State names must have 1 to 80 characters', below(at, name))
    checkState(state, below(at, name), findings)
  }
}

function checkState(state: Json, at: string, findings: Findings): void {
  if (!isObject(state)) {
    findings.error('Expected value of type Object', at)
    return
  }
  const type = String(state.Type)
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined
  if (!shape) {
    findings.error(`The state type '${type}' is not one of [${Object.keys(shapes).join(', ')}]`, at)
    return
  }
  const pathFields = Object.keys(state).filter((name) => jsonPathFields.includes(name))
  for (const name of pathFields)
    findings.error(`Field '${name}' is not supported when the query language is JSONata`, below(at, name))
  const rest = Object.fromEntries(Object.entries(state).filter(([name]) => !jsonPathFields.includes(name)))
  const common = { Type: text, Comment: text, QueryLanguage: language }
  shaped({ required: shape.required ?? {}, optional: { ...common, ...shape.optional } })(rest, at, findings)
  checkTogether(type, state, at, findings)
}

/** Rules about several fields of a state. */
function checkTogether(type: string, state: JsonObject, at: string, findings: Findings): void {
  const exactlyOne = (...names: string[]): void => {
    if (names.filter((name) => Object.hasOwn(state, name)).length !== 1)
      findings.error(`Exactly one of [${names.join(', ')}] is required`, at)
  }
  if (shapes[type]?.optional?.Next) exactlyOne('Next', 'End')
  if (type === 'Wait') exactlyOne('Seconds', 'Timestamp')
  if (type === 'Task') checkTask(state, at, findings)
}

function checkTask(state: JsonObject, at: string, findings: Findings): void {
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state
  if (typeof heartbeat === 'number' && heartbeat >= (typeof timeout === 'number' ? timeout : taskSecondsMax))
    findings.error('HeartbeatSeconds must be smaller than TimeoutSeconds', at)
  const parsed = typeof state.Resource === 'string' ? parseResource(state.Resource) : null
  if (parsed?.kind !== 'service') return
  if (state.Arguments === undefined) {
    findings.error('These fields are required: [Arguments]', at)
    return
  }
  const where = below(at, 'Arguments')
  if (isExpression(state.Arguments)) return
  if (!isObject(state.Arguments)) {
    findings.error('Expected value of type Object', where)
    return
  }
  const { required, optional } = argumentsOf(parsed)
  const given = Object.keys(state.Arguments)
  for (const name of required)
    if (!given.includes(name)) findings.error(`The field '${name}' is required but was missing`, where)
  for (const name of given)
    if (![...required, ...optional].includes(name)) findings.error(`The field '${name}' is not supported`, where)
  const { InvocationType: invocation } = state.Arguments
  if (invocation !== undefined && invocation !== 'RequestResponse' && !isExpression(invocation))
    findings.error("The embedded cloud supports only the value 'RequestResponse'", below(where, 'InvocationType'))
}

/** Checks the form of a whole definition: every field by name, type and bound. */
export function checkFields(definition: JsonObject, findings: Findings): void {
  graph({
    QueryLanguage: oneOf('JSONata', 'JSONPath'),
    Version: oneOf('1.0'),
    TimeoutSeconds: integer(1, taskSecondsMax),
  })(definition, '/', findings)
  if (definition.QueryLanguage !== 'JSONata')
    findings.error(
      "The embedded cloud supports only the 'QueryLanguage' 'JSONata', set for the whole state machine",
      '/',
    )
}
