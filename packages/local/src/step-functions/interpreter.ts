import type { ExecutionRun } from './execution-run.ts'
import { type Frame, stateOf } from './frame.ts'
import { inputDetails } from './history.ts'
import type { Interpreter } from './host.ts'
import { choose } from './states/choice.ts'
import { failState } from './states/fail.ts'
import { iterationDone, iterationFailed, startItems } from './states/map.ts'
import { branchDone, branchFailed, startBranches } from './states/parallel.ts'
import { callService, scheduleTask, startTask, timeOutTask, watchChild } from './states/task.ts'
import { endWait, startWait } from './states/wait.ts'
import { attempt, leave } from './transitions.ts'

/** The states language: how each state type goes on, fails and ends. */
export const interpreter: Interpreter = {
  step: (run, frame) => attempt(run, frame, () => step(run, frame)),
  due: (run, frame) => attempt(run, frame, () => due(run, frame)),
  resume,
  childDone: (run, parent, child) =>
    stateOf(parent).Type === 'Map' ? iterationDone(run, parent, child) : branchDone(run, parent, child),
  childFailed: (run, parent, child, failure) =>
    stateOf(parent).Type === 'Map'
      ? iterationFailed(run, parent, child, failure)
      : branchFailed(run, parent, child, failure),
}

async function step(run: ExecutionRun, frame: Frame): Promise<void> {
  const { stage } = frame.body.visit
  if (stage.kind === 'scheduled') return startTask(run, frame, stage.call)
  if (stage.kind !== 'ready') return
  if (run.host.isDeleting(run.record.machine_arn)) return run.abort({ status: 'ABORTED', error: null, cause: null })
  enter(run, frame)
  await perform(run, frame)
}

function enter(run: ExecutionRun, frame: Frame): void {
  const { visit, previous } = frame.body
  visit.enteredPrevious = previous
  visit.enteredAt = run.host.clock.now()
  const details = { name: visit.state, ...inputDetails(visit.input) }
  visit.enteredId = run.event(`${stateOf(frame).Type}StateEntered`, previous, details)
  frame.body.previous = visit.enteredId
  visit.stage = { kind: 'entered' }
}

/** One attempt of a state that has been entered. */
async function perform(run: ExecutionRun, frame: Frame): Promise<void> {
  const state = stateOf(frame)
  switch (state.Type) {
    case 'Pass':
    case 'Succeed': {
      const { input } = frame.body.visit
      return leave(run, frame, { next: state.Next, output: state.Output, assign: state.Assign, fallback: input })
    }
    case 'Fail':
      return failState(run, frame, state)
    case 'Wait':
      return startWait(run, frame, state)
    case 'Choice':
      return choose(run, frame, state)
    case 'Task':
      return scheduleTask(run, frame, state)
    case 'Parallel':
      return startBranches(run, frame, state)
    case 'Map':
      return startItems(run, frame, state)
  }
}

async function due(run: ExecutionRun, frame: Frame): Promise<void> {
  const { stage } = frame.body.visit
  const state = stateOf(frame)
  if (stage.kind === 'waiting' && state.Type === 'Wait') return endWait(run, frame, state)
  if (stage.kind === 'retrying') return perform(run, frame)
  throw timeOutTask(run, frame)
}

function resume(run: ExecutionRun, frame: Frame): void {
  const { stage } = frame.body.visit
  if (stage.kind === 'ready' || stage.kind === 'scheduled') run.enqueue(frame)
  if (stage.kind === 'calling') run.afterCommit(() => callService(run, frame, stage.call))
  if (stage.kind === 'submitted') run.afterCommit(() => watchChild(run, frame, stage.call))
}
