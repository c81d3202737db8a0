import { setTimeout as delay } from 'node:timers/promises'
import { GridError } from '@gridgate/core/errors'
import { connectionsMax } from './transport.ts'

/** Pieces of work begun at the same time at first, and at most. */
const togetherFirst = 8
const togetherMax = connectionsMax
/** Times that one piece is begun; only what the API server did not take is begun again. */
const triesMax = 8
/** Longest pause that the API server may ask for, in seconds. */
const pauseSecondsMax = 5

export interface PacePorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
  readonly pause?: (ms: number) => Promise<void>
}

export interface PaceOptions extends PacePorts {
  /** Nothing is begun after this long, in milliseconds. */
  readonly msMax: number
}

/** What became of one piece of work. `late`: it was not done in time, and may be asked for again. */
export type Paced<Result> =
  | { readonly state: 'done'; readonly result: Result }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'late' }

/**
 * Works through items side by side, as fast as the API server bears it: each success allows a little more at a time, each
 * `kube.throttled` halves it and pauses all of it for as long as was asked. Every item has its outcome, in the given order.
 */
export async function paced<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  { msMax, now = () => performance.now(), pause = (ms) => delay(ms) }: PaceOptions,
): Promise<Paced<Result>[]> {
  const outcomes: Paced<Result>[] = items.map(() => ({ state: 'late' }))
  const waiting = items.map((item, index) => ({ item, index, tries: 0 }))
  const running = new Set<Promise<void>>()
  const speed = new Speed()
  const end = now() + msMax
  const begin = async (one: { item: Item; index: number; tries: number }): Promise<void> => {
    one.tries += 1
    try {
      outcomes[one.index] = { state: 'done', result: await work(one.item) }
      speed.rise()
    } catch (error) {
      if (!isThrottled(error) || one.tries === triesMax) outcomes[one.index] = { state: 'failed', error }
      else waiting.push(one)
      if (isThrottled(error)) speed.fall(Math.min(error.retryAfterSeconds ?? 1, pauseSecondsMax))
    }
  }
  while (running.size > 0 || (waiting.length > 0 && now() < end)) {
    const pauseMs = speed.takePauseMs()
    if (pauseMs > 0) await pause(pauseMs)
    while (running.size < speed.together() && now() < end) {
      const one = waiting.shift()
      if (!one) break
      const begun = begin(one).finally(() => running.delete(begun))
      running.add(begun)
    }
    if (running.size > 0) await Promise.race(running)
  }
  return outcomes
}

/** Why a piece of work was not done, or null. In our words only: what a foreign error says may hold anything. */
export function whyNotDone(one: Paced<unknown>): string | null {
  if (one.state === 'done') return null
  if (one.state === 'late') return 'not reached in time'
  return one.error instanceof GridError ? `${one.error.code}: ${one.error.message}` : 'an unexpected failure'
}

/** How much is done at a time: a little more with each success, half with each throttling. */
class Speed {
  #together = togetherFirst
  #pauseMs = 0

  together(): number {
    return Math.floor(this.#together)
  }

  rise(): void {
    this.#together = Math.min(this.#together + 1 / this.#together, togetherMax)
  }

  /** Refusals of requests that were sent together are one refusal. */
  fall(seconds: number): void {
    if (this.#pauseMs === 0) this.#together = Math.max(1, this.#together / 2)
    this.#pauseMs = Math.max(this.#pauseMs, seconds * 1000, 1)
  }

  takePauseMs(): number {
    const pauseMs = this.#pauseMs
    this.#pauseMs = 0
    return pauseMs
  }
}

const isThrottled = (error: unknown): error is GridError =>
  error instanceof GridError && error.code === 'kube.throttled'
