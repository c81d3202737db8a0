/** Time as a part that can be exchanged, so that hours run in milliseconds in a test and a simulator can drive them. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Calls `run` once, not before `at` (milliseconds since 1970); returns what takes the call back. */
  at(at: number, run: () => void): () => void
}

/** Longest delay of one timer: Node fires at once for anything longer than 2^31-1 ms. */
const timerMsMax = 2 ** 31 - 1

/** The machine's own time. Timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(at, run) {
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const wait = Math.max(0, at - Date.now())
      // Node fires up to a millisecond early, and at once for what is too long for one timer.
      timer = setTimeout(() => (Date.now() < at ? arm() : run()), Math.min(wait, timerMsMax))
      timer.unref()
    }
    arm()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is told to go on; due calls run in the order of their times. */
export function manualClock(start = Date.UTC(2030, 0, 1)): Clock & { advance(ms: number): Promise<void> } {
  let now = start
  let waiting: { at: number; run: () => void }[] = []
  return {
    now: () => now,
    at(at, run) {
      const entry = { at, run }
      waiting.push(entry)
      return () => {
        waiting = waiting.filter((other) => other !== entry)
      }
    },
    /** Moves time on, letting promises settle between one due call and the next. */
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = waiting.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        waiting = waiting.filter((entry) => entry !== next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
