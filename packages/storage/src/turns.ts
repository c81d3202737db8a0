import { setTimeout as delay } from 'node:timers/promises'
import { GridError } from '@gridgate/core/errors'

/** Most pieces of work that wait for the same thing at a time. */
const waitingMax = 500

/** Longest wait after one lost race, and after many, in milliseconds. */
const waitMsFirst = 25
const waitMsMax = 1000

/** Waits a moment of random length after the nth lost race, a longer one after more. */
export const standBack = (losses: number): Promise<void> =>
  delay(Math.random() * Math.min(waitMsFirst * 2 ** (losses - 1), waitMsMax))

/** Runs work on one thing after another, in the order of asking. */
export type Turns = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>

/**
 * Opens a queue for each name, within this process. It only spares lost races, by letting nobody start on what somebody is
 * about to change; that no write is lost is for the conditions in the store, which also hold between processes.
 * Work must not ask for a turn of its own name, it would wait for itself.
 */
export function openTurns(): Turns {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return async (name, work) => {
    const queue = queues.get(name) ?? { last: Promise.resolve(), waiting: 0 }
    if (queue.waiting >= waitingMax)
      throw new GridError('service.unavailable', `too many requests change ${name} at the same time`, {
        retryAfterSeconds: 1,
      })
    queues.set(name, queue)
    queue.waiting += 1
    const mine = queue.last.then(work)
    queue.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      queue.waiting -= 1
      if (queue.waiting === 0) queues.delete(name)
    }
  }
}
