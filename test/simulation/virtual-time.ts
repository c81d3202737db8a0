import type { Clock } from '@gridgate/core/ports'
import type { manualClock } from '@gridgate/local/clock'

/** When every simulation begins. */
const beginning = Date.UTC(2030, 0, 1)

/** The true time of one simulation, and the gateway's clock, which may be wrong. */
export interface VirtualTime {
  /** Milliseconds since the simulation began. */
  now(): number
  /** ISO 8601, by clocks that are right. */
  iso(ms?: number): string
  sleep(ms: number): Promise<void>
  /** Lets time pass until then. */
  advanceTo(ms: number): Promise<void>
  /** The gateway's clock: the true one, put forward or back by `jump`. */
  gateway: Clock
  jump(ms: number): void
}

export function virtualTime(shared: ReturnType<typeof manualClock>): VirtualTime {
  const start = shared.now()
  let wrongMs = 0
  const now = (): number => shared.now() - start
  return {
    now,
    iso: (ms = now()) => new Date(beginning + ms).toISOString(),
    sleep: (ms) => new Promise((resolve) => void shared.at(shared.now() + ms, resolve)),
    advanceTo: (ms) => shared.advance(Math.max(0, ms - now())),
    gateway: { now: () => new Date(beginning + now() + wrongMs) },
    jump(ms) {
      wrongMs += ms
    },
  }
}
