import type { Json } from '../../aws/service.ts'
import type { MapState } from '../definition/definition.ts'
import { evaluate, evaluateAs, queryFailure } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import { Failure, type FailureFields } from '../failure.ts'
import { type Frame, inputOf, newVisit, stateOf } from '../frame.ts'
import { mapConcurrencyMax } from '../limits.ts'
import { abortFrame, attempt, fail, leave } from '../transitions.ts'
import { allDone, collect } from './parallel.ts'

/** Starts as many iterations as may run at once; each points to MapStateStarted. */
export async function startItems(run: ExecutionRun, frame: Frame, state: MapState): Promise<void> {
  const { visit } = frame.body
  const items = await itemsOf(run, frame, state)
  const concurrency = await concurrencyOf(run, frame, state)
  const started = run.event('MapStateStarted', frame.body.previous, { length: items.length })
  frame.body.previous = started
  if (items.length === 0) return leaveMap(run, frame, started)

  visit.stage = { kind: 'items', items: JSON.stringify(items), concurrency }
  run.touch(frame)
  for (let index = 0; index < Math.min(concurrency, items.length); index++)
    if (!(await startNext(run, frame, { state, items, index, previous: started }))) return
}

const parsedItems = new WeakMap<object, Json[]>()

function storedItems(stage: { items: string }): Json[] {
  const known = parsedItems.get(stage) ?? (JSON.parse(stage.items) as Json[])
  parsedItems.set(stage, known)
  return known
}

async function itemsOf(run: ExecutionRun, frame: Frame, state: MapState): Promise<Json[]> {
  if (state.Items !== undefined) {
    const array = { name: 'array', is: (value: Json) => Array.isArray(value) }
    return (await evaluateAs(run, frame, array, { template: state.Items, location: 'Items' })) as Json[]
  }
  const input = inputOf(frame)
  if (Array.isArray(input)) return input
  throw queryFailure(frame, `Map state input must be an array but was: ${JSON.stringify(input)}`, null)
}

/** How many iterations may run at once; 0, the default, means as many as an inline Map ever runs. */
async function concurrencyOf(run: ExecutionRun, frame: Frame, state: MapState): Promise<number> {
  const count = { name: 'number', is: (value: Json) => Number.isInteger(value) && (value as number) >= 0 }
  const place = { template: state.MaxConcurrency ?? 0, location: 'MaxConcurrency' }
  const wanted = (await evaluateAs(run, frame, count, place)) as number
  return wanted === 0 ? mapConcurrencyMax : Math.min(wanted, mapConcurrencyMax)
}

interface Iteration {
  state: MapState
  items: readonly Json[]
  index: number
  previous: number
}

/** @throws {Failure} of the ItemSelector, which is the Map state's */
async function startIteration(
  run: ExecutionRun,
  frame: Frame,
  { state, items, index, previous }: Iteration,
): Promise<void> {
  const value = items[index] ?? null
  const input =
    state.ItemSelector === undefined
      ? value
      : await evaluate(run, frame, {
          template: state.ItemSelector,
          location: 'ItemSelector',
          extra: { item: { index, value } },
        })
  const started = run.event('MapIterationStarted', previous, { name: frame.body.visit.state, index })
  run.addFrame(frame, state.ItemProcessor, {
    index,
    item: JSON.stringify(value),
    previous: started,
    variables: {},
    visit: newVisit(state.ItemProcessor.StartAt, JSON.stringify(input)),
  })
}

/**
 * An iteration has ended: the next item takes its place, or the state ends. The next iteration points to the last event
 * inside this one, not to MapIterationSucceeded (recorded).
 */
export async function iterationDone(run: ExecutionRun, frame: Frame, child: Frame): Promise<void> {
  const state = stateOf(frame) as MapState
  const { stage, state: name } = frame.body.visit
  if (stage.kind !== 'items') return
  const { previous, index } = child.body
  const succeeded = run.event('MapIterationSucceeded', previous, { name, index })
  const items = storedItems(stage)
  const next = frame.children.length
  if (next < items.length) await startNext(run, frame, { state, items, index: next, previous })
  else if (allDone(frame)) await attempt(run, frame, () => leaveMap(run, frame, succeeded))
}

/** Starts an iteration beside others; when its ItemSelector fails, so does the whole state, and the answer is false. */
async function startNext(run: ExecutionRun, frame: Frame, iteration: Iteration): Promise<boolean> {
  try {
    await startIteration(run, frame, iteration)
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    abortOthers(run, frame, { except: null, previous: iteration.previous })
    await fail(run, frame, error.fields)
    return false
  }
}

/** Both closing events point to the last MapIterationSucceeded, or to MapStateStarted of an empty Map. */
async function leaveMap(run: ExecutionRun, frame: Frame, previous: number): Promise<void> {
  const state = stateOf(frame)
  const { text, value } = collect(frame)
  frame.body.previous = previous
  run.event('MapStateSucceeded', previous)
  run.removeChildren(frame)
  await leave(run, frame, {
    next: state.Next,
    output: state.Output,
    assign: state.Assign,
    fallback: text,
    extra: { result: value },
  })
}

/**
 * Reports the failed iteration and stops the others; everything points to what failed. A Task is reported as aborted even
 * in the iteration that failed, and after that iteration's own event (recorded on AWS for a Map of timed out tasks).
 */
export async function iterationFailed(
  run: ExecutionRun,
  frame: Frame,
  child: Frame,
  failure: FailureFields,
): Promise<void> {
  const { previous, index } = child.body
  run.event('MapIterationFailed', previous, { name: frame.body.visit.state, index })
  if (stateOf(child).Type === 'Task') abortFrame(run, child, previous)
  abortOthers(run, frame, { except: child, previous })
  frame.body.previous = previous
  await fail(run, frame, failure)
}

function abortOthers(
  run: ExecutionRun,
  frame: Frame,
  { except, previous }: { except: Frame | null; previous: number },
): void {
  for (const other of frame.children) {
    if (other === except || other.body.visit.stage.kind === 'done') continue
    run.event('MapIterationAborted', previous, { name: frame.body.visit.state, index: other.body.index })
    abortFrame(run, other, previous)
  }
  run.removeChildren(frame)
}
