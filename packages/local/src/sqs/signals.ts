import type { Clock } from '../clock.ts'

/** Wakes those who wait for a message. */
export interface QueueSignals {
  /** Wakes all who wait at a queue. */
  wake(queueName: string): void
  /** Resolves when the queue is woken, the time has come, `gone` fires, or the service closes. */
  next(queueName: string, at: number, gone?: AbortSignal): Promise<void>
  isClosed(): boolean
  close(): void
}

/** Makes the signals of one service; times are those of its clock. */
export function queueSignals(clock: Clock): QueueSignals {
  const waiting = new Map<string, Set<() => void>>()
  let closed = false
  const wake = (queueName: string): void => {
    for (const resume of waiting.get(queueName) ?? []) resume()
  }
  return {
    wake,
    next(queueName, at, gone) {
      return new Promise((resolve) => {
        const set = waiting.get(queueName) ?? new Set()
        waiting.set(queueName, set)
        const resume = (): void => {
          takeBack()
          gone?.removeEventListener('abort', resume)
          set.delete(resume)
          if (set.size === 0 && waiting.get(queueName) === set) waiting.delete(queueName)
          resolve()
        }
        const takeBack = clock.at(at, resume)
        gone?.addEventListener('abort', resume, { once: true })
        set.add(resume)
      })
    },
    isClosed: () => closed,
    close() {
      closed = true
      for (const queueName of [...waiting.keys()]) wake(queueName)
    },
  }
}
