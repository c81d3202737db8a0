import { limits } from '../limits.ts'
import type { CallRequest, ChildMessage } from '../wire.ts'
import { ChildChannel, type Command } from './child-channel.ts'
import type { Reply } from './reply.ts'
import type { Timers } from './timers.ts'

/** A call, where its code comes from should the interpreter have to load it, and how its reply is read. */
export interface Job {
  request: Omit<CallRequest, 'id' | 'load'>
  /** Null for a reply that no intact interpreter gives. */
  read(text: string): Reply | null
  /** The arguments of the load call; throws when the code is not what its digest says. */
  load(): { parts: string[]; wallMsMax: number }
}

/** How a job ended: with a reply of the interpreter, or without one. */
export type Outcome =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'died'; death: 'timeout' | 'memory' | 'crash' | 'unavailable'; message: string }

/** What a runner needs from its surroundings. */
export interface RunnerParts {
  command(): Promise<Command>
  timers: Timers
  idleMsMax: number
  onEvent(event: string, details: Record<string, unknown>): void
  /** Called whenever the queue ran empty. */
  onDrained(): void
  /** Whether another tenant waits for a process. */
  isWanted(): boolean
  /** Takes over the calls that wait here: the tenant had its turn, and this runner is to be stopped. */
  onTurnOver(handedBack: Waiting[]): void
}

/** A call that waits for the process, and what its caller is told in the end. */
export interface Waiting {
  job: Job
  finish(outcome: Outcome): void
}

interface Active extends Waiting {
  id: number
  phase: 'waiting' | 'load' | 'call'
  /** Bound of the load phase; null until the child asked for the code. */
  loadMsMax: number | null
  disarm(): void
}

/** One tenant's sandbox process: started at the first job, ended when it idles, replaced when it dies; one job at a time. */
export class TenantRunner {
  readonly #parts: RunnerParts
  #waiting: Waiting[] = []
  readonly #exits = new Set<Promise<void>>()
  #channel: ChildChannel | null = null
  #active: Active | null = null
  #busy = false
  #calls = 0
  #isTurnOver = false
  #stopIdling: () => void = () => {}

  constructor(parts: RunnerParts) {
    this.#parts = parts
    parts.timers.after(limits.turnMsMax, () => {
      this.#isTurnOver = true
    })
  }

  get isDrained(): boolean {
    return !this.#busy && this.#waiting.length === 0
  }

  get processId(): number | undefined {
    return this.#channel?.processId
  }

  /** Runs a job after those before it. Never rejects for what a policy or its process does. */
  run(job: Job): Promise<Outcome> {
    if (this.#waiting.length >= limits.queueMax) return Promise.resolve(unavailable('too many calls are waiting'))
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const entry: Waiting = { job, finish: resolve }
    this.#waiting.push(entry)
    const disarm = this.#parts.timers.after(limits.waitMsMax, () => {
      if (this.#active?.finish === resolve) return
      this.#waiting = this.#waiting.filter((other) => other !== entry)
      resolve(unavailable('the calls before it took too long'))
    })
    promise.then(disarm, disarm)
    this.#stopIdling()
    this.#next().catch(reject)
    return promise
  }

  /** Ends the process, and any job with it; resolves once it is gone. */
  async stop(): Promise<void> {
    this.#stopIdling()
    for (const { finish } of this.#waiting.splice(0)) finish(unavailable('the sandbox is closing'))
    this.#endChannel()
    this.#finish(unavailable('the sandbox is closing'))
    await Promise.all(this.#exits)
  }

  async #next(): Promise<void> {
    if (this.#busy) return
    if (this.#isTurnOver && this.#waiting.length > 0 && this.#parts.isWanted()) {
      this.#parts.onTurnOver(this.#waiting.splice(0))
      return
    }
    const entry = this.#waiting.shift()
    if (!entry) {
      this.#idle()
      return
    }
    this.#busy = true
    const id = ++this.#calls
    this.#active = { ...entry, id, phase: 'waiting', loadMsMax: null, disarm: () => {} }
    let channel: ChildChannel
    try {
      channel = this.#channel ?? (await this.#open())
    } catch (error) {
      this.#parts.onEvent('sandbox.start_failed', { reason: String(error) })
      this.#finish(unavailable('the sandbox process could not be prepared'))
      return
    }
    const isStale = this.#active?.id !== id
    if (isStale && channel !== this.#channel) channel.kill()
    if (isStale) return
    this.#channel = channel
    this.#arm(limits.waitMsMax, unavailable('the sandbox process did not start the call in time'))
    channel.hold(true)
    channel.send({ id, ...entry.job.request })
  }

  async #open(): Promise<ChildChannel> {
    const command = await this.#parts.command()
    const channel: ChildChannel = new ChildChannel(command, {
      onMessage: (message) => this.#onMessage(message),
      onEnd: (reason) => {
        if (this.#channel === channel) this.#channel = null
        this.#parts.onEvent('sandbox.process_ended', { reason })
        this.#finish(this.#active?.phase === 'waiting' ? unavailable(processGone) : died('crash', processGone))
      },
    })
    this.#exits.add(channel.exited)
    channel.exited.finally(() => this.#exits.delete(channel.exited)).catch(() => {})
    return channel
  }

  #onMessage(message: ChildMessage): void {
    const active = this.#active
    if (!active || message.id !== active.id) {
      this.#breach()
      return
    }
    if ('needs' in message) {
      this.#sendCode(active)
      return
    }
    if ('started' in message) {
      this.#onStarted(active, message.started)
      return
    }
    if (active.phase === 'waiting' && !('died' in message && message.died === 'start')) {
      this.#breach()
      return
    }
    if (message.worn) this.#endChannel()
    if ('reply' in message) {
      this.#onReply(active, message.reply)
      return
    }
    const { died: death, message: text } = message
    if (death !== 'start') {
      this.#finish(died(death, text))
      return
    }
    this.#parts.onEvent('sandbox.start_failed', { reason: text })
    this.#finish(unavailable('the interpreter did not start'))
  }

  #onReply(active: Active, text: string): void {
    const reply = active.job.read(text)
    if (!reply) {
      this.#breach()
      return
    }
    this.#finish({ kind: 'reply', reply })
  }

  #sendCode(active: Active): void {
    if (active.phase !== 'waiting' || active.loadMsMax !== null) {
      this.#breach()
      return
    }
    try {
      const load = active.job.load()
      active.loadMsMax = load.wallMsMax
      this.#channel?.send({ id: active.id, ...active.job.request, load })
    } catch (error) {
      this.#finish(died('crash', error instanceof Error ? error.message : String(error)))
    }
  }

  /** A policy is charged only from here on: waiting and starting are ours. */
  #onStarted(active: Active, phase: 'load' | 'call'): void {
    const isInOrder = phase === 'call' ? active.phase !== 'call' : active.phase === 'waiting'
    const wallMsMax = phase === 'call' ? active.job.request.wallMsMax : active.loadMsMax
    if (!isInOrder || wallMsMax === null) {
      this.#breach()
      return
    }
    active.phase = phase
    this.#arm(wallMsMax + limits.killGraceMsMax, died('timeout', `ran longer than ${wallMsMax} ms and was killed`))
  }

  #arm(ms: number, outcome: Outcome): void {
    const active = this.#active
    if (!active) return
    active.disarm()
    active.disarm = this.#parts.timers.after(ms, () => {
      this.#endChannel()
      this.#finish(outcome)
    })
  }

  #breach(): void {
    this.#parts.onEvent('sandbox.protocol_broken', { processId: this.processId })
    this.#endChannel()
    this.#finish(died('crash', processGone))
  }

  #endChannel(): void {
    this.#channel?.kill()
    this.#channel = null
  }

  #finish(outcome: Outcome): void {
    const active = this.#active
    if (!active) return
    active.disarm()
    this.#active = null
    this.#busy = false
    active.finish(outcome)
    this.#next().catch(() => {})
  }

  #idle(): void {
    this.#channel?.hold(false)
    this.#stopIdling()
    this.#stopIdling = this.#parts.timers.after(this.#parts.idleMsMax, () => this.#endChannel())
    this.#parts.onDrained()
  }
}

const processGone = 'the sandbox process ended under the call'
const unavailable = (message: string): Outcome => ({ kind: 'died', death: 'unavailable', message })
const died = (death: 'timeout' | 'memory' | 'crash', message: string): Outcome => ({ kind: 'died', death, message })
