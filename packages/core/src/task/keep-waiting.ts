import { type ErrorCode, GridError } from '../errors.ts'
import { stepNamed } from './progress.ts'
import type { Task } from './task.ts'

/** How often is looked for what has not come, in seconds: at first, while less than `untilSeconds` are waited, and then. */
export interface Pace {
  first: readonly { untilSeconds: number; everySeconds: number }[]
  thenEverySeconds: number
}

/** What comes at all mostly comes soon; each look is nine events of the workflow's history (test/deploy/workflows.test.ts). */
export const usualPace: Pace = {
  first: [
    { untilSeconds: 30, everySeconds: 2 },
    { untilSeconds: 300, everySeconds: 10 },
  ],
  thenEverySeconds: 20,
}

/** For what takes minutes anyway, such as a machine. */
export const slowPace: Pace = { first: [{ untilSeconds: 80, everySeconds: 20 }], thenEverySeconds: 60 }

/** Whole seconds until the next look: by the pace, and never past a moment that decides something. */
export function secondsToLook(pace: Pace, waited: number, moments: readonly number[]): number {
  const { everySeconds } = pace.first.find(({ untilSeconds }) => waited < untilSeconds) ?? {
    everySeconds: pace.thenEverySeconds,
  }
  const left = moments.filter((moment) => moment > waited).map((moment) => Math.ceil(moment - waited))
  return Math.min(everySeconds, ...left)
}

/** Seconds since the step began for the first time. */
export const waitedSeconds = (task: Task, step: string, now: Date): number =>
  (now.getTime() - Date.parse(stepNamed(task, step)?.started_at ?? now.toISOString())) / 1000

/** What is waited for: how long already, how long at most, and what it is called when it did not come. */
export interface Waiting {
  waited: number
  secondsMax: number
  code: ErrorCode
  /** Such as `not ready`. */
  missing: string
  /** Else the usual one. */
  pace?: Pace
  /** Moments besides the last one that must not be slept through, in seconds of waiting. */
  moments?: readonly number[]
}

/**
 * The outcome of a step whose thing has not come: the definition waits, and asks again. The last look is at the end of the time.
 * @param detail what is still missing, in words for the task's reader
 * @throws {GridError} the given code, with the detail, once the time is over
 */
export function keepWaiting(waiting: Waiting, detail: string) {
  const { waited, secondsMax, code, missing, pace = usualPace, moments = [] } = waiting
  if (waited >= secondsMax) throw new GridError(code, `${missing} after ${secondsMax} s: ${detail}`)
  const waitSeconds = secondsToLook(pace, waited, [...moments, secondsMax])
  return { detail, isWaiting: true, state: { isReady: false, waitSeconds } }
}
