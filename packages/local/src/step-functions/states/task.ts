import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../aws/service.ts'
import { childAnswer } from '../child-answer.ts'
import type { TaskState } from '../definition/definition.ts'
import { parseResource, type Resource } from '../definition/resource.ts'
import type { ExecutionRun } from '../execution-run.ts'
import { dataLimitFailure, errorFields, Failure, type FailureFields, runtimeFailure } from '../failure.ts'
import { type Call, type Frame, stateOf, type TokenOutcome } from '../frame.ts'
import { inputDetails, outputDetails } from '../history.ts'
import type { CallAnswer } from '../integrations.ts'
import type { ExecutionRecord } from '../records.ts'
import { attempt, isTooLarge, leave } from '../transitions.ts'
import { prepareCall } from './task-arguments.ts'

/** The task's resource; definitions with any other were refused. */
function resourceOf(frame: Frame): Resource {
  const { Resource: text } = stateOf(frame) as TaskState
  const resource = parseResource(text)
  if (!resource) throw runtimeFailure(`${text} is not supported by the embedded cloud`)
  return resource
}

/** The call that a frame's task has under way, or null. */
export function callOf(frame: Frame): Call | null {
  const { stage } = frame.body.visit
  return stage.kind === 'scheduled' || stage.kind === 'calling' || stage.kind === 'submitted' ? stage.call : null
}

/** `resource` and `resourceType` of a service integration's events. */
const named = (resource: Resource & { kind: 'service' }): JsonObject => ({
  resourceType: resource.service,
  resource: resource.action,
})

/** Events of a task are named by the kind of its resource; the details of a function's events do not repeat its ARN. */
function taskEvent(run: ExecutionRun, frame: Frame, kind: string, details: JsonObject): void {
  const resource = resourceOf(frame)
  const type = `${resource.kind === 'function' ? 'LambdaFunction' : 'Task'}${kind}`
  const fields = resource.kind === 'function' ? details : { ...named(resource), ...details }
  const bare = resource.kind === 'function' && kind === 'Started'
  frame.body.previous = run.event(type, frame.body.previous, bare ? undefined : fields)
}

/** Schedules one attempt. Its start is a step of its own, after what other branches have to do first (recorded). */
export async function scheduleTask(run: ExecutionRun, frame: Frame, state: TaskState): Promise<void> {
  const resource = resourceOf(frame)
  const token = resource.kind === 'service' && resource.pattern !== 'call' ? newToken(run) : null
  const { parameters, timeoutSeconds, heartbeatSeconds } = await prepareCall(run, frame, { state, resource, token })
  const limits = {
    ...(timeoutSeconds === null ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === null ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  }
  const details: JsonObject =
    resource.kind === 'function'
      ? { resource: resource.arn, ...inputDetails(parameters), ...limits }
      : { region: run.host.region, parameters, ...limits }
  taskEvent(run, frame, 'Scheduled', details)

  const now = run.host.clock.now()
  const heartbeatMs = heartbeatSeconds === null ? null : heartbeatSeconds * 1_000
  const call: Call = {
    scheduledId: frame.body.previous,
    arguments: parameters,
    timeoutAt: timeoutSeconds === null ? null : now + timeoutSeconds * 1_000,
    heartbeatMs,
    heartbeatAt: heartbeatMs === null ? null : now + heartbeatMs,
    token,
    outcome: null,
    childArn: null,
  }
  if (token !== null) run.keepToken(token, frame)
  frame.body.visit.stage = { kind: 'scheduled', call }
  run.enqueue(frame)
}

/** A token names its execution, so that a token of one that is gone can be told from a made-up one. */
const newToken = (run: ExecutionRun): string =>
  Buffer.from(JSON.stringify([run.record.arn, randomBytes(24).toString('base64url')])).toString('base64')

/** Starts a scheduled task: the service is called once that is written. */
export function startTask(run: ExecutionRun, frame: Frame, call: Call): void {
  taskEvent(run, frame, 'Started', {})
  frame.body.visit.stage = { kind: 'calling', call }
  run.touch(frame)
  run.afterCommit(() => callService(run, frame, call))
}

/** Calls the service. After a restart it is called again when no answer was written: at least once, not exactly once. */
export function callService(run: ExecutionRun, frame: Frame, call: Call): void {
  const starter = `${run.record.id}/${call.scheduledId}`
  const request = { resource: resourceOf(frame), parameters: call.arguments, starter, executionArn: run.record.arn }
  run.host
    .call(request)
    .then(async (answer) => {
      let taken = false
      await run.post(() => {
        taken = callOf(frame)?.scheduledId === call.scheduledId && !frame.removed
        return taken ? attempt(run, frame, () => answered(run, frame, answer)) : undefined
      })
      if (!taken && answer.kind === 'success' && answer.childArn) run.host.stopChild(answer.childArn)
    })
    .catch((error: unknown) => run.host.broke(error))
}

/** The service has answered. What came through the token meanwhile counts from now on. */
async function answered(run: ExecutionRun, frame: Frame, answer: CallAnswer): Promise<void> {
  const call = callOf(frame)
  if (!call) return
  const resource = resourceOf(frame)
  const waits = resource.kind === 'service' && resource.pattern !== 'call'
  if (answer.kind === 'failure' && !call.outcome) throw failTask(run, frame, answer)
  if (answer.kind === 'success' && !waits) return succeed(run, frame, answer.output)
  if (answer.kind === 'success') {
    call.childArn = answer.childArn ?? null
    taskEvent(run, frame, 'Submitted', outputDetails(answer.output))
    frame.body.visit.stage = { kind: 'submitted', call }
    run.touch(frame)
  }
  if (call.outcome) return settle(run, frame, call.outcome)
  if (call.childArn !== null) run.afterCommit(() => watchChild(run, frame, call))
}

/** Waits for the execution that a `.sync:2` task has started. */
export function watchChild(run: ExecutionRun, frame: Frame, call: Call): void {
  if (call.childArn === null) return
  run.host.whenEnded(call.childArn, (child) =>
    run.tell(() => {
      if (frame.removed || callOf(frame)?.scheduledId !== call.scheduledId) return
      return attempt(run, frame, () => childEnded(run, frame, child))
    }),
  )
}

async function childEnded(run: ExecutionRun, frame: Frame, child: ExecutionRecord): Promise<void> {
  const answer = childAnswer(child)
  if (answer.kind === 'failure') throw failTask(run, frame, answer)
  await succeed(run, frame, answer.output)
}

/** Takes what came through a task token. False when the task is no longer waiting for it. */
export async function takeOutcome(
  run: ExecutionRun,
  frame: Frame,
  { token, outcome }: { token: string; outcome: TokenOutcome },
): Promise<boolean> {
  const { stage } = frame.body.visit
  const call = callOf(frame)
  if (!call || call.token !== token || call.outcome) return false
  if (stage.kind !== 'submitted') {
    call.outcome = outcome
    run.touch(frame)
    return true
  }
  await attempt(run, frame, () => settle(run, frame, outcome))
  return true
}

async function settle(run: ExecutionRun, frame: Frame, outcome: TokenOutcome): Promise<void> {
  if (outcome.kind === 'failure') throw failTask(run, frame, outcome)
  await succeed(run, frame, outcome.output)
}

/** Counts a heartbeat. False when the task is no longer waiting for it. */
export function takeHeartbeat(run: ExecutionRun, frame: Frame, token: string): boolean {
  const call = callOf(frame)
  if (!call || call.token !== token || call.outcome) return false
  if (call.heartbeatMs !== null) call.heartbeatAt = run.host.clock.now() + call.heartbeatMs
  run.touch(frame)
  return true
}

/** The time of a task is up: `States.Timeout` without a cause, for a missed heartbeat too (spec/step-functions.md section 5). */
export function timeOutTask(run: ExecutionRun, frame: Frame): Failure {
  const call = callOf(frame)
  const now = run.host.clock.now()
  const timedOut = call?.timeoutAt != null && call.timeoutAt <= now ? 'timeout' : 'heartbeat'
  taskEvent(run, frame, 'TimedOut', { error: 'States.Timeout' })
  return new Failure({ error: 'States.Timeout', cause: null, timedOut })
}

/** Writes that the task failed; the failure comes back for Retry and Catch. */
function failTask(run: ExecutionRun, frame: Frame, failure: FailureFields): Failure {
  taskEvent(run, frame, 'Failed', errorFields(failure))
  return new Failure({ error: failure.error, cause: failure.cause })
}

async function succeed(run: ExecutionRun, frame: Frame, output: string): Promise<void> {
  const resource = resourceOf(frame)
  if (isTooLarge(output)) {
    const { fields } = dataLimitFailure(resource.kind === 'function' ? resource.arn : resource.service)
    throw failTask(run, frame, fields)
  }
  taskEvent(run, frame, 'Succeeded', outputDetails(output))
  const state = stateOf(frame)
  await leave(run, frame, {
    next: state.Next,
    output: state.Output,
    assign: state.Assign,
    fallback: output,
    extra: { result: JSON.parse(output) },
  })
}
