import { setTimeout as delay } from 'node:timers/promises'
import { AwsFailure } from './aws-failure.ts'

/** Times that a call is sent, at most. */
const attemptsMax = 3
/** The first wait is at most this long, and as long where AWS said that it has too much to do; each further one twice that. */
const firstWaitMsMax = 100
const throttledWaitMsMax = 500

/** How a call is begun again. */
export interface AttemptParts {
  /** Waits so long, or until the call's time is over. */
  pause?(ms: number, signal: AbortSignal): Promise<void>
  /** From 0 to 1: spreads the calls of functions that failed at the same moment. */
  random?(): number
}

/**
 * Sends a call until it has an answer, as long as a further time cannot do harm: where nothing was done for certain, and
 * where whether it was is not known, if the call is `repeatable`. The last failure is the outcome.
 */
export async function attempt<Reply>(
  send: () => Promise<Reply>,
  { repeatable, signal }: { repeatable: boolean; signal: AbortSignal },
  { pause = pauseFor, random = Math.random }: AttemptParts,
): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      return await send()
    } catch (error) {
      if (tries === attemptsMax || signal.aborted || !mayRepeat(error, repeatable)) throw error
      await pause(random() * waitMsMax(error, tries), signal)
      if (signal.aborted) throw error
    }
  }
}

function mayRepeat(error: unknown, repeatable: boolean): error is AwsFailure {
  if (!(error instanceof AwsFailure) || error.outcome === 'refused') return false
  return repeatable || error.outcome !== 'unclear'
}

const waitMsMax = ({ outcome }: AwsFailure, tries: number): number =>
  (outcome === 'throttled' ? throttledWaitMsMax : firstWaitMsMax) * 2 ** (tries - 1)

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined) // the failure before it tells more than that time was over
