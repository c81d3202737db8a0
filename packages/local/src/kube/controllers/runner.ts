import type { Clock } from '../../clock.ts'
import type { Objects } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import type { Change, Store } from '../store.ts'

/** A loop that brings one kind of object to the state that is wished for, driven by changes of the store. */
export interface Controller {
  name: string
  /** The keys to look at after a change; what a key means is the controller's own affair. */
  keysOf(change: Change): readonly string[]
  /**
   * Looks at one key and does what is missing. Runs again with the same key must be harmless.
   * @returns when to look again though nothing changes (milliseconds since 1970), if at all.
   */
  reconcile(key: string): number | undefined
}

/** What controllers may touch. */
export interface ControllerContext {
  objects: Objects
  store: Store
  clock: Clock
}

const retryMsMin = 50
const retryMsMax = 30_000
/** How long one turn works before requests get theirs. */
const turnMsMax = 8

/** Runs controllers: gathers the keys that changes touch and reconciles them one after another. */
export class Runner {
  readonly #context: ControllerContext
  readonly #controllers: readonly Controller[]
  readonly #onError: (error: unknown) => void
  readonly #queue = new Map<string, { controller: Controller; key: string }>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Map<string, () => void>()
  #isScheduled = false
  #isStopped = false
  #unsubscribe: () => void = () => undefined
  #idle: (() => void)[] = []

  constructor(context: ControllerContext, controllers: readonly Controller[], onError: (error: unknown) => void) {
    this.#context = context
    this.#controllers = controllers
    this.#onError = onError
  }

  /** Starts with everything that the store holds, then follows its changes. */
  start(): void {
    this.#unsubscribe = this.#context.store.subscribe((change) => this.#enqueueAll(change))
    for (const storeKey of this.#context.store.storeKeys())
      for (const object of this.#context.store.list(storeKey))
        this.#enqueueAll({ revision: 0, type: 'ADDED', storeKey, object, previous: undefined })
  }

  /** Stops at once; keys that wait are dropped. */
  stop(): void {
    this.#isStopped = true
    this.#unsubscribe()
    this.#queue.clear()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#wakeIdle()
  }

  /** Resolves when no key waits. Retries and looks at later times do not count. */
  async settled(): Promise<void> {
    if (this.#queue.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Has a controller look at a key, for reasons outside the store. */
  wake(controller: Controller, key: string): void {
    this.#enqueue(controller, key)
  }

  #enqueueAll(change: Change): void {
    for (const controller of this.#controllers)
      for (const key of controller.keysOf(change)) this.#enqueue(controller, key)
  }

  #enqueue(controller: Controller, key: string): void {
    if (this.#isStopped) return
    this.#queue.set(`${controller.name} ${key}`, { controller, key })
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    const end = performance.now() + turnMsMax
    for (const [id, { controller, key }] of this.#queue) {
      if (performance.now() > end) break
      this.#queue.delete(id)
      this.#run(id, controller, key)
    }
    if (this.#queue.size === 0) this.#wakeIdle()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => this.#turn())
    }
  }

  #run(id: string, controller: Controller, key: string): void {
    try {
      const again = controller.reconcile(key)
      this.#failures.delete(id)
      if (again !== undefined) this.#later(id, controller, key, again)
    } catch (error) {
      if (!(error instanceof StatusError)) this.#onError(error)
      const failures = (this.#failures.get(id) ?? 0) + 1
      this.#failures.set(id, failures)
      this.#later(id, controller, key, this.#context.clock.now() + Math.min(retryMsMin * 2 ** failures, retryMsMax))
    }
  }

  #later(id: string, controller: Controller, key: string, at: number): void {
    this.#timers.get(id)?.()
    const cancel = this.#context.clock.at(at, () => {
      this.#timers.delete(id)
      this.#enqueue(controller, key)
    })
    this.#timers.set(id, cancel)
  }

  #wakeIdle(): void {
    const idle = this.#idle
    this.#idle = []
    for (const wake of idle) wake()
  }
}
