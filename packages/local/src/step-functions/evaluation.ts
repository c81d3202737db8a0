import type { Json, JsonObject } from '../aws/service.ts'
import { machineName } from './arns.ts'
import type { ExecutionRun } from './execution-run.ts'
import { evaluateTemplate, evaluateTyped, QueryError, type Scope } from './expressions.ts'
import { Failure } from './failure.ts'
import { type Frame, inputOf, itemOf, stateOf, variablesOf } from './frame.ts'

/** What `$states` has besides input and context. */
export interface Extra {
  result?: Json
  errorOutput?: Json
  /** The Map item that an ItemSelector is evaluated for. */
  item?: { index: number; value: Json }
  token?: string | null
}

/** A template of the state that a frame stands in, with its place in that state. */
export interface Place {
  template: Json
  location: string
  extra?: Extra
}

/**
 * Evaluates a template of the frame's state.
 * @throws {Failure} States.QueryEvaluationError
 */
export function evaluate(run: ExecutionRun, frame: Frame, { template, location, extra = {} }: Place): Promise<Json> {
  return asFailure(frame, () => evaluateTemplate(template, location, () => scopeOf(run, frame, extra)))
}

/**
 * As `evaluate`, for a value that must be of one type.
 * @throws {Failure} States.QueryEvaluationError
 */
export function evaluateAs(
  run: ExecutionRun,
  frame: Frame,
  expected: { name: string; is: (value: Json) => boolean },
  { template, location, extra = {} }: Place,
): Promise<Json> {
  return asFailure(frame, () => evaluateTyped(template, expected, location, () => scopeOf(run, frame, extra)))
}

/** Where a cause points to: `An error occurred while executing the state 'S' (entered at the event id #2). `. */
export const atState = (frame: Frame, reason: string): string =>
  `An error occurred while executing the state '${frame.body.visit.state}' ` +
  `(entered at the event id #${frame.body.visit.enteredId}). ${reason}`

/** A query error of the frame's state. */
export const queryFailure = (frame: Frame, reason: string, location: string | null): Failure =>
  new Failure({ error: 'States.QueryEvaluationError', cause: atState(frame, reason), query: { location } })

async function asFailure<T>(frame: Frame, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof QueryError) throw queryFailure(frame, error.message, error.location)
    throw error
  }
}

function scopeOf(run: ExecutionRun, frame: Frame, { result, errorOutput, item, token }: Extra): Scope {
  const states: JsonObject = { input: inputOf(frame), context: contextOf(run, frame, { item, token }) }
  if (result !== undefined) states.result = result
  if (errorOutput !== undefined) states.errorOutput = errorOutput
  return { states, variables: variablesOf(frame), now: run.host.clock.now() }
}

/** The context object: spec/step-functions.md section 7. */
function contextOf(
  run: ExecutionRun,
  frame: Frame,
  { item, token }: { item: Extra['item'] | undefined; token: string | null | undefined },
): JsonObject {
  const { record } = run
  const { visit } = frame.body
  const around = itemOf(frame)
  const current = item ?? (around && { index: around.index, value: JSON.parse(around.item) as Json })
  return {
    Execution: {
      Id: record.arn,
      Input: run.input,
      StartTime: isoTime(record.started_at),
      Name: record.name,
      RoleArn: record.role_arn,
      RedriveCount: 0,
    },
    StateMachine: { Id: record.machine_arn, Name: machineName(record.machine_arn) },
    State: {
      Name: visit.state,
      EnteredTime: isoTime(visit.enteredAt),
      ...(stateOf(frame).Type === 'Task' ? { RetryCount: visit.retryCount } : {}),
    },
    ...(token ? { Task: { Token: token } } : {}),
    ...(current ? { Map: { Item: { Index: current.index, Value: current.value } } } : {}),
  }
}

const isoTime = (ms: number): string => new Date(ms).toISOString()
