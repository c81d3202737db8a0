import type { Json, JsonObject } from '../aws/service.ts'
import { type Catcher, handlersOf } from './definition/definition.ts'
import { type Extra, evaluate } from './evaluation.ts'
import type { ExecutionRun } from './execution-run.ts'
import { dataLimitFailure, errorOutput, Failure, type FailureFields, matches } from './failure.ts'
import { type Frame, newVisit, stateOf } from './frame.ts'
import { assignedDetails, outputDetails } from './history.ts'
import { payloadBytesMax, variablesBytesMax } from './limits.ts'
import { planRetry } from './retry.ts'

/** How a state is left. */
export interface Leaving {
  /** The next state, or undefined at the end. */
  next: string | undefined
  output: Json | undefined
  assign: JsonObject | undefined
  /** JSON text of the output where no Output is given. */
  fallback: string
  /** Where Output and Assign stand in the state: empty, or `Catch/0/`. */
  at?: string
  extra?: Extra
}

const bytes = (text: string): number => Buffer.byteLength(text)

/** Whether a JSON text is over the payload limit. */
export const isTooLarge = (text: string): boolean => text.length > payloadBytesMax / 4 && bytes(text) > payloadBytesMax

/**
 * Leaves the state: evaluates Output and Assign with the values from before, writes the Exited event, and goes on.
 * @throws {Failure}
 */
export async function leave(run: ExecutionRun, frame: Frame, leaving: Leaving): Promise<void> {
  const { at = '', extra = {} } = leaving
  const { visit } = frame.body
  const output =
    leaving.output === undefined
      ? leaving.fallback
      : JSON.stringify(await evaluate(run, frame, { template: leaving.output, location: `${at}Output`, extra }))
  const assigned = await assign(run, frame, leaving)
  if (isTooLarge(output)) throw dataLimitFailure(visit.state)

  const details = { name: visit.state, ...outputDetails(output), ...assignedDetails(assigned) }
  frame.body.previous = run.event(`${stateOf(frame).Type}StateExited`, frame.body.previous, details)
  Object.assign(frame.body.variables, assigned)
  run.touch(frame)
  if (leaving.next === undefined) return finish(run, frame, output)
  frame.body.visit = newVisit(leaving.next, output)
  run.enqueue(frame)
}

async function assign(run: ExecutionRun, frame: Frame, leaving: Leaving): Promise<Record<string, string> | null> {
  if (leaving.assign === undefined) return null
  const { at = '', extra = {} } = leaving
  const assigned: Record<string, string> = {}
  for (const [name, template] of Object.entries(leaving.assign))
    assigned[name] = JSON.stringify(await evaluate(run, frame, { template, location: `${at}Assign/${name}`, extra }))

  const size = (variables: Record<string, string>): number =>
    Object.values(variables).reduce((sum, text) => sum + bytes(text), 0)
  let total = size(assigned)
  const tooLarge = total > payloadBytesMax
  for (const other of run.tree.frames.values()) total += size(other.body.variables)
  if (tooLarge || total > variablesBytesMax) throw dataLimitFailure(frame.body.visit.state)
  return assigned
}

/** The frame has reached its end. */
function finish(run: ExecutionRun, frame: Frame, output: string): Promise<void> {
  if (frame.parent) {
    frame.body.visit.stage = { kind: 'done', output }
    return run.interpreter.childDone(run, frame.parent, frame)
  }
  run.end({ status: 'SUCCEEDED', output, error: null, cause: null })
  return Promise.resolve()
}

/** Does a frame's next piece of work; what fails in it goes to Retry and Catch. */
export async function attempt(run: ExecutionRun, frame: Frame, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    await fail(run, frame, error.fields)
  }
}

/** The frame's state has failed: retries it, or hands the failure to a catcher, or fails the frame. */
export async function fail(run: ExecutionRun, frame: Frame, failure: FailureFields): Promise<void> {
  const state = stateOf(frame)
  const { visit } = frame.body
  reportQuery(run, frame, failure)
  run.touch(frame)

  const { retriers, catchers } = handlersOf(state)
  const seed = `${run.record.arn}${frame.path}#${visit.enteredId}.${visit.retryCount}`
  const plan = planRetry(retriers, visit.retriers, failure, seed)
  if (plan) {
    visit.retriers = plan.used
    visit.retryCount += 1
    visit.stage = { kind: 'retrying', until: run.host.clock.now() + plan.delayMs }
    return
  }
  if (state.Type === 'Map' || state.Type === 'Parallel')
    frame.body.previous = run.event(`${state.Type}StateFailed`, frame.body.previous)
  const caught = catchers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, failure))
  const catcher = catchers[caught]
  if (catcher) await leaveByCatcher(run, frame, { catcher, number: caught, failure })
  else await failFrame(run, frame, failure)
}

/** A query error writes an event of its own, which points to what the Entered event points to (section 7). */
function reportQuery(run: ExecutionRun, frame: Frame, { error, cause, query }: FailureFields): void {
  if (!query) return
  const { visit } = frame.body
  const location = query.location === null ? {} : { location: query.location }
  const details = { error, cause, ...location, state: visit.state }
  frame.body.previous = run.event('EvaluationFailed', visit.enteredPrevious, details)
}

async function leaveByCatcher(
  run: ExecutionRun,
  frame: Frame,
  { catcher, number, failure }: { catcher: Catcher; number: number; failure: FailureFields },
): Promise<void> {
  const output = errorOutput(failure)
  try {
    await leave(run, frame, {
      next: catcher.Next,
      output: catcher.Output,
      assign: catcher.Assign,
      fallback: JSON.stringify(output),
      at: `Catch/${number}/`,
      extra: { errorOutput: output },
    })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    reportQuery(run, frame, error.fields)
    await failFrame(run, frame, error.fields)
  }
}

function failFrame(run: ExecutionRun, frame: Frame, failure: FailureFields): Promise<void> {
  const { query: _, ...inner } = failure
  if (frame.parent) return run.interpreter.childFailed(run, frame.parent, frame, inner)
  run.end({ status: 'FAILED', output: null, error: inner.error, cause: inner.cause })
  return Promise.resolve()
}

/**
 * Writes that a frame's state was stopped, after everything below it; an iteration says so before its states do
 * (spec/step-functions.md sections 2 and 3).
 */
export function abortFrame(run: ExecutionRun, frame: Frame, previous: number): void {
  const { visit } = frame.body
  if (visit.stage.kind === 'done' || visit.stage.kind === 'ready') return
  const state = stateOf(frame)
  for (const child of frame.children) {
    if (state.Type === 'Map' && child.body.visit.stage.kind !== 'done')
      run.event('MapIterationAborted', previous, { name: visit.state, index: child.body.index })
    abortFrame(run, child, previous)
  }
  run.letGo(frame)
  run.event(`${state.Type}StateAborted`, previous)
}
