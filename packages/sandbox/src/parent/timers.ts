/** Delayed calls, as a part that a test can exchange. */
export interface Timers {
  /** Calls `run` once after `ms`; returns what takes the call back. */
  after(ms: number, run: () => void): () => void
}

/** The machine's own timers; they do not keep the process alive. */
export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
