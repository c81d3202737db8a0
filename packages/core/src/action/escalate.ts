import { GridError } from '../errors.ts'
import { keepWaiting, type Waiting } from '../task/keep-waiting.ts'
import type { StepOutcome } from '../task/task-step.ts'
import type { LadderStep } from './action.ts'
import type { ActionWork } from './action-work.ts'

/**
 * The outcome of a step of the ladder that did not help.
 * @param rungs what is left of the ladder
 * @throws {GridError} the failure itself where nothing follows, `action.needs_human` where a person does
 */
export function escalate(rungs: readonly LadderStep[], failure: GridError): StepOutcome<ActionWork> {
  const [next] = rungs
  if (next === undefined) throw failure
  if (next === 'human')
    throw new GridError('action.needs_human', `a person has to look at it: ${failure.message}`, { cause: failure })
  const detail = `${failure.message}; next: ${next}`
  return { detail, state: { isReady: false, escalates: true, rungs: [...rungs] } }
}

/** The outcome of a step whose thing has not come: it is waited for, and once the time is over the ladder goes on. */
export function waitOrEscalate(
  waiting: Waiting,
  detail: string,
  rungs: readonly LadderStep[],
): StepOutcome<ActionWork> {
  if (waiting.waited < waiting.secondsMax) {
    const { state, ...outcome } = keepWaiting(waiting, detail)
    return { ...outcome, state: { ...state, escalates: false } }
  }
  const { code, missing, secondsMax } = waiting
  return escalate(rungs, new GridError(code, `${missing} after ${secondsMax} s: ${detail}`))
}
