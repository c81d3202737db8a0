import type { Json } from '../../aws/service.ts'
import type { ParallelState } from '../definition/definition.ts'
import { evaluate } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import type { FailureFields } from '../failure.ts'
import { type Frame, newVisit, stateOf } from '../frame.ts'
import { abortFrame, attempt, fail, leave } from '../transitions.ts'

/** The outputs of all children as one JSON text, in the order of their numbers. */
export function collect(parent: Frame): { text: string; value: Json } {
  const value = parent.children.map(({ body: { visit } }) =>
    visit.stage.kind === 'done' ? (JSON.parse(visit.stage.output) as Json) : null,
  )
  return { text: JSON.stringify(value), value }
}

/** Whether every child has reached its end. */
export const allDone = (parent: Frame): boolean => parent.children.every(({ body }) => body.visit.stage.kind === 'done')

/** Starts all branches; each one's first state points to ParallelStateStarted. */
export async function startBranches(run: ExecutionRun, frame: Frame, state: ParallelState): Promise<void> {
  const { visit } = frame.body
  const input =
    state.Arguments === undefined
      ? visit.input
      : JSON.stringify(await evaluate(run, frame, { template: state.Arguments, location: 'Arguments' }))
  const started = run.event('ParallelStateStarted', frame.body.previous)
  frame.body.previous = started
  visit.stage = { kind: 'branches' }
  run.touch(frame)
  for (const [index, graph] of state.Branches.entries())
    run.addFrame(frame, graph, {
      index,
      item: null,
      previous: started,
      variables: {},
      visit: newVisit(graph.StartAt, input),
    })
}

/** Ends the state once its last branch has ended; both closing events point to that branch's last event (section 2). */
export async function branchDone(run: ExecutionRun, frame: Frame, branch: Frame): Promise<void> {
  if (!allDone(frame)) return
  const state = stateOf(frame)
  const { text, value } = collect(frame)
  frame.body.previous = branch.body.previous
  run.event('ParallelStateSucceeded', frame.body.previous)
  run.removeChildren(frame)
  await attempt(run, frame, () =>
    leave(run, frame, {
      next: state.Next,
      output: state.Output,
      assign: state.Assign,
      fallback: text,
      extra: { result: value },
    }),
  )
}

/** Stops the other branches. A Task is reported as aborted even in the branch that failed (recorded). */
export async function branchFailed(
  run: ExecutionRun,
  frame: Frame,
  branch: Frame,
  failure: FailureFields,
): Promise<void> {
  const { previous } = branch.body
  for (const other of frame.children)
    if (other !== branch || stateOf(other).Type === 'Task') abortFrame(run, other, previous)
  run.removeChildren(frame)
  frame.body.previous = previous
  await fail(run, frame, failure)
}
