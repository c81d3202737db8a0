import { limits } from '../limits.ts'
import type { Command } from './child-channel.ts'
import { type Job, type Outcome, TenantRunner } from './tenant-runner.ts'
import type { Timers } from './timers.ts'

/** What a pool needs from its surroundings. */
export interface PoolParts {
  command(scope: string): Promise<Command>
  timers: Timers
  idleMsMax: number
  processesMax: number
  onEvent(event: string, details: Record<string, unknown>): void
}

/**
 * Sandbox processes by scope, a bounded number of them. When all are taken, a scope without one takes the place of the one
 * that was used longest ago and has nothing to do, by a new process: a process never changes its tenant. Where all are
 * busy it waits, and is told `unavailable` when that takes too long.
 */
export class TenantPool {
  readonly #parts: PoolParts
  readonly #runners = new Map<string, TenantRunner>()
  readonly #stopping = new Set<Promise<void>>()
  #waiting: (() => void)[] = []
  #started = 0
  #isClosed = false

  constructor(parts: PoolParts) {
    this.#parts = parts
  }

  async run(scope: string, job: Job): Promise<Outcome> {
    const runner = this.#isClosed ? null : (this.#find(scope) ?? (await this.#wait(scope)))
    if (!runner) return { kind: 'died', death: 'unavailable', message: 'no sandbox process became free' }
    return runner.run(job)
  }

  stats(): { processes: Record<string, number>; started: number } {
    const processes: Record<string, number> = {}
    for (const [scope, { processId }] of this.#runners) {
      if (processId !== undefined) processes[scope.replace(/^tenant:/, '')] = processId
    }
    return { processes, started: this.#started }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiting.splice(0)) wake()
    for (const scope of [...this.#runners.keys()]) this.#stop(scope)
    await Promise.all(this.#stopping)
  }

  /** The scope's runner, a new one where there is room, or null. */
  #find(scope: string): TenantRunner | null {
    const found = this.#runners.get(scope)
    if (found) {
      this.#runners.delete(scope)
      this.#runners.set(scope, found)
      return found
    }
    if (this.#runners.size >= this.#parts.processesMax) {
      const [unused] = [...this.#runners].find(([, runner]) => runner.isDrained) ?? []
      if (unused === undefined) return null
      this.#stop(unused)
    }
    return this.#add(scope)
  }

  #add(scope: string): TenantRunner {
    const runner = new TenantRunner({
      command: () => {
        this.#started++
        return this.#parts.command(scope)
      },
      timers: this.#parts.timers,
      idleMsMax: this.#parts.idleMsMax,
      onEvent: (event, details) => this.#parts.onEvent(event, { scope, ...details }),
      onDrained: () => this.#waiting.shift()?.(),
    })
    this.#runners.set(scope, runner)
    return runner
  }

  /** Waits in turn for a process to fall free; null after the longest wait. */
  async #wait(scope: string): Promise<TenantRunner | null> {
    let isLate = false
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const disarm = this.#parts.timers.after(limits.waitMsMax, () => {
      isLate = true
      resolve()
    })
    for (;;) {
      const { promise: freed, resolve: wake } = Promise.withResolvers<void>()
      this.#waiting.push(wake)
      await Promise.race([freed, late])
      this.#waiting = this.#waiting.filter((other) => other !== wake)
      const runner = this.#isClosed || isLate ? null : this.#find(scope)
      if (!runner && !this.#isClosed && !isLate) continue
      disarm()
      return runner
    }
  }

  #stop(scope: string): void {
    const stopped = this.#runners.get(scope)?.stop()
    this.#runners.delete(scope)
    if (!stopped) return
    this.#stopping.add(stopped)
    stopped.finally(() => this.#stopping.delete(stopped)).catch(() => {})
  }
}
