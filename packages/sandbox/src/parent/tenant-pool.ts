import { limits } from '../limits.ts'
import type { Command } from './child-channel.ts'
import { type Job, type Outcome, TenantRunner, type Waiting } from './tenant-runner.ts'
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
 * busy it waits, the first whose turn is over makes room, and it is told `unavailable` when that takes too long.
 */
export class TenantPool {
  readonly #parts: PoolParts
  readonly #runners = new Map<string, TenantRunner>()
  readonly #stopping = new Set<Promise<void>>()
  #waiting: (Waiting & { scope: string })[] = []
  #started = 0
  #isClosed = false

  constructor(parts: PoolParts) {
    this.#parts = parts
  }

  async run(scope: string, job: Job): Promise<Outcome> {
    if (this.#isClosed) return noProcess
    const isNext = this.#waiting.length === 0 || this.#runners.has(scope)
    const runner = isNext ? this.#find(scope) : null
    return runner ? runner.run(job) : this.#wait(scope, job)
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
    for (const { finish } of this.#waiting.splice(0)) finish(noProcess)
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
      onDrained: () => this.#serve(),
      isWanted: () => this.#waiting.length > 0,
      onTurnOver: (handedBack) => this.#pass(scope, handedBack),
    })
    this.#runners.set(scope, runner)
    return runner
  }

  /** Ends a tenant's turn: those that wait come first, and the tenant's calls wait behind them. */
  #pass(scope: string, handedBack: readonly Waiting[]): void {
    this.#stop(scope)
    for (const waiting of handedBack) this.#waiting.push({ ...waiting, scope })
    this.#serve()
  }

  /** Waits in turn for a process to fall free, and no longer than a call may. */
  #wait(scope: string, job: Job): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const entry = { scope, job, finish: resolve }
    this.#waiting.push(entry)
    const disarm = this.#parts.timers.after(limits.waitMsMax, () => {
      if (!this.#waiting.includes(entry)) return
      this.#waiting = this.#waiting.filter((other) => other !== entry)
      resolve(noProcess)
    })
    promise.finally(disarm).catch(() => {})
    return promise
  }

  /** Gives those that wait a process, in turn; their calls start here and now, so that nobody takes the place. */
  #serve(): void {
    for (;;) {
      const [first] = this.#waiting
      const runner = first && !this.#isClosed ? this.#find(first.scope) : null
      if (!first || !runner) return
      this.#waiting.shift()
      runner.run(first.job).then(first.finish, () => first.finish(noProcess))
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

const noProcess: Outcome = { kind: 'died', death: 'unavailable', message: 'no sandbox process became free' }
