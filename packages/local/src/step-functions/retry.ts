import { createHash } from 'node:crypto'
import type { Retrier } from './definition/definition.ts'
import { type FailureFields, matches } from './failure.ts'
import { taskSecondsMax } from './limits.ts'

/** A retry that is due: the counters after it and how long to wait first. */
export interface RetryPlan {
  /** Attempts used, one number per retrier of the state. */
  used: number[]
  delayMs: number
}

/**
 * The next attempt of a state, or null when it has none (spec/step-functions.md section 6): the first retrier that names
 * the failure decides, and when it is used up no later one is asked.
 * @param seed makes full jitter repeatable: the same visit and attempt always wait as long
 */
export function planRetry(
  retriers: readonly Retrier[],
  used: readonly number[],
  failure: FailureFields,
  seed: string,
): RetryPlan | null {
  const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, failure))
  const retrier = retriers[index]
  if (!retrier) return null
  const attempts = used[index] ?? 0
  if (attempts >= (retrier.MaxAttempts ?? 3)) return null

  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempts
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? taskSecondsMax)
  const share = retrier.JitterStrategy === 'FULL' ? fraction(seed) : 1
  return {
    used: retriers.map((_, other) => (used[other] ?? 0) + (other === index ? 1 : 0)),
    delayMs: Math.round(seconds * 1_000 * share),
  }
}

/** A number from 0 to below 1 that depends on the seed alone. */
export function fraction(seed: string): number {
  return createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32
}
