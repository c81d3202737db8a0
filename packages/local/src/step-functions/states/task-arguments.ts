import type { Json, JsonObject } from '../../aws/service.ts'
import type { TaskState } from '../definition/definition.ts'
import { argumentsOf, type Resource } from '../definition/resource.ts'
import { atState, evaluate, evaluateAs } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import { dataLimitFailure, type Failure, runtimeFailure } from '../failure.ts'
import type { Frame } from '../frame.ts'
import { taskSecondsMax } from '../limits.ts'
import { isTooLarge } from '../transitions.ts'

/** What a task is to be called with, evaluated anew for each attempt. */
export interface TaskCall {
  /** JSON text. */
  parameters: string
  timeoutSeconds: number | null
  heartbeatSeconds: number | null
}

/** Arguments that must be texts. */
const textArguments = ['FunctionName', 'InvocationType', 'QueueUrl', 'StateMachineArn', 'Name']

const seconds = {
  name: 'number',
  is: (value: Json) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= taskSecondsMax,
}

/**
 * Evaluates a task's Arguments, TimeoutSeconds and HeartbeatSeconds.
 * @throws {Failure} States.QueryEvaluationError, States.DataLimitExceeded, or States.Runtime for arguments that the service cannot take
 */
export async function prepareCall(
  run: ExecutionRun,
  frame: Frame,
  { state, resource, token }: { state: TaskState; resource: Resource; token: string | null },
): Promise<TaskCall> {
  const extra = { token }
  const read = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | null> => {
    const template = state[field]
    if (template === undefined) return null
    return (await evaluateAs(run, frame, seconds, { template, location: field, extra })) as number
  }
  const given =
    state.Arguments === undefined
      ? null
      : await evaluate(run, frame, { template: state.Arguments, location: 'Arguments', extra })
  const parameters =
    resource.kind === 'service'
      ? JSON.stringify(takenArguments(frame, resource, given))
      : given === null && state.Arguments === undefined
        ? frame.body.visit.input
        : JSON.stringify(given)
  if (isTooLarge(parameters)) throw dataLimitFailure(frame.body.visit.state)
  return { parameters, timeoutSeconds: await read('TimeoutSeconds'), heartbeatSeconds: await read('HeartbeatSeconds') }
}

/** The arguments that the service knows; others are dropped (spec/step-functions.md section 4), missing ones are an error. */
function takenArguments(frame: Frame, resource: Resource & { kind: 'service' }, given: Json): JsonObject {
  const { required, optional } = argumentsOf(resource)
  const refuse = (reason: string): Failure =>
    runtimeFailure(
      atState(frame, `The Parameters '${JSON.stringify(given)}' could not be used to start the Task: [${reason}]`),
    )
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw refuse('The Arguments must evaluate to an object')
  for (const name of required)
    if (!Object.hasOwn(given, name)) throw refuse(`The field '${name}' is required but was missing`)
  const taken = Object.entries(given).filter(([name]) => required.includes(name) || optional.includes(name))
  for (const [name, value] of taken)
    if (textArguments.includes(name) && typeof value !== 'string')
      throw refuse(`The value for the field '${name}' must be a STRING`)
  if (given.InvocationType !== undefined && given.InvocationType !== 'RequestResponse')
    throw refuse("The embedded cloud supports only the value 'RequestResponse' of the field 'InvocationType'")
  return Object.fromEntries(taken)
}
