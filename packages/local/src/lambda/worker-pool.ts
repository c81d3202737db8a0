import { AwsError } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import type { Outcome, WorkerFunction } from './function-configuration.ts'
import type { FunctionWorker } from './function-worker.ts'

/** Events that may wait for one worker. */
const waitingMax = 1000
/** Events that a worker may run while others wait for its place. */
const turnEventsMax = 16

export interface WorkerPoolOptions {
  clock: Clock
  /** Workers kept at a time. */
  workersMax: number
  /** Of these, workers kept that have nothing to do; beyond it the one idle longest is ended. */
  idleMax: number
  /** An idle worker is ended after this time, in seconds. */
  idleSecondsMax: number
  start(fn: WorkerFunction): FunctionWorker
}

interface Job {
  fn: WorkerFunction
  requestId: string
  payload: string
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** The events of one function, and its worker while it has one. */
interface Lane {
  /** Lanes of one group may take each other's idle workers. */
  group: string
  jobs: Job[]
  worker: FunctionWorker | undefined
  isBusy: boolean
  /** Events that its worker has run. */
  turn: number
  takeBackRetirement(): void
}

/**
 * Runs functions in workers that are started when first needed: one for each function, or one that an idle function of the
 * same group leaves to it. Otherwise it takes the place of the one idle longest; if all are busy it waits for a place.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #lanes = new Map<string, Lane>()
  /** Lanes whose worker is idle, the longest first. */
  readonly #idle = new Set<Lane>()
  /** Lanes that wait for a place, the longest first. */
  readonly #placeless = new Set<Lane>()
  #workers = 0
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** Live workers. */
  get size(): number {
    return this.#workers
  }

  /**
   * Runs one event once the function's worker is free.
   * @throws {AwsError} TooManyRequestsException when too many events wait already.
   */
  run(fn: WorkerFunction, requestId: string, payload: string): Promise<Outcome> {
    const lane = this.#laneOf(fn)
    if (this.#closed || lane.jobs.length >= waitingMax)
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
        status: 429,
        members: { Reason: 'ConcurrentInvocationLimitExceeded' },
      })
    return new Promise((resolve, reject) => {
      lane.jobs.push({ fn, requestId, payload, resolve, reject })
      this.#pump(lane)
    })
  }

  /** Ends all workers; what runs or waits is answered with a failure. */
  async close(): Promise<void> {
    this.#closed = true
    const away = new AwsError('ServiceException', 'the embedded cloud is shutting down', { status: 500 })
    for (const lane of this.#lanes.values()) for (const job of lane.jobs.splice(0)) job.reject(away)
    await Promise.all([...this.#lanes.values()].map((lane) => this.#retire(lane)))
  }

  #laneOf({ name, worker: group = name }: WorkerFunction): Lane {
    const known = this.#lanes.get(name)
    if (known) return known
    const lane: Lane = { group, jobs: [], worker: undefined, isBusy: false, turn: 0, takeBackRetirement: () => {} }
    this.#lanes.set(name, lane)
    return lane
  }

  /** Gives the next event to the lane's worker, if there is one, and one to give it to. */
  #pump(lane: Lane): void {
    const [job] = lane.jobs
    if (!job || lane.isBusy || this.#closed) return
    if (lane.worker && !lane.worker.isAlive()) return // it is being retired, which comes back here
    const worker = lane.worker ?? this.#takeOver(lane) ?? this.#startIn(lane, job.fn)
    if (!worker) return
    lane.jobs.shift()
    this.#idle.delete(lane)
    lane.takeBackRetirement()
    lane.isBusy = true
    void this.#work(lane, worker, job)
  }

  /** Takes the worker of an idle lane of the same group, which saves the start of another. */
  #takeOver(lane: Lane): FunctionWorker | undefined {
    const other = [...this.#idle].findLast(({ group, worker }) => group === lane.group && worker?.isAlive())
    if (!other) return undefined
    this.#idle.delete(other)
    other.takeBackRetirement()
    this.#placeless.delete(lane)
    const { worker } = other
    other.worker = undefined
    lane.worker = worker
    lane.turn = 0
    return worker
  }

  /** Starts the lane's worker; without a place for it, takes one from the lane idle longest, and none yet. */
  #startIn(lane: Lane, fn: WorkerFunction): FunctionWorker | undefined {
    if (this.#workers >= this.#options.workersMax) {
      this.#placeless.add(lane)
      const [longestIdle] = this.#idle
      if (longestIdle) void this.#retire(longestIdle)
      return undefined
    }
    const worker = this.#options.start(fn)
    lane.worker = worker
    lane.turn = 0
    this.#workers += 1
    void worker.ended.then(() => this.#bury(worker))
    return worker
  }

  /** A worker may die while it is idle, for example of a timer left behind; while it is busy, the event's end retires it. */
  #bury(worker: FunctionWorker): void {
    const lane = [...this.#lanes.values()].find((one) => one.worker === worker)
    if (lane && !lane.isBusy) void this.#retire(lane).then(() => this.#pump(lane))
  }

  async #work(lane: Lane, worker: FunctionWorker, job: Job): Promise<void> {
    const outcome = await worker.run(job.fn, job.requestId, job.payload)
    lane.isBusy = false
    lane.turn += 1
    job.resolve(outcome)
    // Where others wait for a place, a worker gives way after its turn, so that no function is kept out for long.
    const isTurnOver = lane.jobs.length === 0 || lane.turn >= turnEventsMax
    const givesWay = this.#placeless.size > 0 && isTurnOver && !this.#closed
    if (!worker.isAlive() || givesWay) await this.#retire(lane)
    else if (lane.jobs.length === 0) this.#rest(lane)
    this.#pump(lane)
  }

  #rest(lane: Lane): void {
    const { clock, idleMax, idleSecondsMax } = this.#options
    this.#idle.add(lane)
    lane.takeBackRetirement = clock.at(clock.now() + idleSecondsMax * 1000, () => void this.#retire(lane))
    const [longestIdle] = this.#idle
    if (longestIdle && this.#idle.size > idleMax) void this.#retire(longestIdle)
  }

  /** Ends the lane's worker, which makes a place for the lane that waits longest. */
  async #retire(lane: Lane): Promise<void> {
    const { worker } = lane
    this.#idle.delete(lane)
    lane.takeBackRetirement()
    if (!worker) return
    lane.worker = undefined
    await worker.stop()
    this.#workers -= 1
    for (const waiting of this.#placeless) {
      if (this.#workers >= this.#options.workersMax) return
      this.#placeless.delete(waiting)
      this.#pump(waiting)
    }
  }
}
