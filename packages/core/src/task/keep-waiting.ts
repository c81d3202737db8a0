import { type ErrorCode, GridError } from '../errors.ts'
import { stepNamed } from './progress.ts'
import type { Task } from './task.ts'

/** Time of close looks, in seconds, and the time between two looks in it and after it. */
const closeSeconds = 30
const waitSecondsClose = 2
const waitSecondsFar = 10

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
}

/**
 * The outcome of a step whose thing has not come: the definition waits, and asks again. What comes at all mostly comes soon, so
 * it is looked for more often at first.
 * @param detail what is still missing, in words for the task's reader
 * @throws {GridError} the given code, with the detail, once the time is over
 */
export function keepWaiting({ waited, secondsMax, code, missing }: Waiting, detail: string) {
  if (waited >= secondsMax) throw new GridError(code, `${missing} after ${secondsMax} s: ${detail}`)
  const waitSeconds = waited < closeSeconds ? waitSecondsClose : waitSecondsFar
  return { detail, isWaiting: true, state: { isReady: false, waitSeconds } }
}
