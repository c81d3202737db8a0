import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { Log } from '../aws/log.ts'
import type { LocalKey } from '../aws/signature.ts'
import type { Clock } from '../clock.ts'
import {
  type ContextFacts,
  exited,
  type FunctionFailure,
  failed,
  failureOf,
  type Outcome,
  timedOut,
  type WorkerFunction,
} from './function-configuration.ts'
import type { WorkerData, WorkerEvent, WorkerReply } from './worker-main.ts'

/** How long loading a function's module may take, in seconds. */
const initSecondsMax = 30
/** Characters of one line of a function's output that are logged. */
const lineCharactersMax = 16_384
/** Newly made objects live in this part of the heap first, in MiB; a small one keeps idle workers small. */
const youngGenerationMb = 4

export interface FunctionWorkerOptions {
  clock: Clock
  log: Log
  factsOf(fn: WorkerFunction): ContextFacts
  /** What a function signs its calls with. */
  keyOf(functionName: string): LocalKey
  /** The whole process environment of the function, but for its name and key. */
  environment: Record<string, string>
  /** Limit of the JavaScript heap in MiB. */
  memoryMb: number
  /** Folder where compiled code is kept between starts, or null. */
  compileCache: string | null
}

/** The worker thread of one function, or of functions of one module that share it: one event at a time. */
export class FunctionWorker {
  readonly #options: FunctionWorkerOptions
  readonly #worker: Worker
  #running: { name: string; requestId: string } = { name: '', requestId: '' }
  /** What ended the worker. */
  #ending: WorkerReply | undefined
  /** Settled by the module being loaded, or by the end of the worker. */
  readonly #opening = Promise.withResolvers<WorkerReply>()
  #current = Promise.withResolvers<WorkerReply>()

  readonly #ended = Promise.withResolvers<void>()

  /** Starts the worker; it loads the module before the first event. */
  constructor(module: string, options: FunctionWorkerOptions) {
    this.#options = options
    const data: WorkerData = { module, compileCache: options.compileCache }
    const worker = new Worker(new URL('./worker-main.ts', import.meta.url), {
      workerData: data,
      env: options.environment,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb, maxYoungGenerationSizeMb: youngGenerationMb },
      stdout: true,
      stderr: true,
    })
    worker.on('message', (reply: WorkerReply) => this.#hear(reply))
    worker.on('error', (error: Error) => this.#end(crash(this.#running.requestId, error)))
    worker.on('exit', (code) => this.#end(exited(this.#running.requestId, exitReason(code))))
    for (const stream of ['stdout', 'stderr'] as const) {
      forwardLines(worker[stream], (line) => {
        const { name, requestId } = this.#running
        options.log('function.line', { function: name, requestId, stream, line })
      })
    }
    this.#worker = worker
  }

  /** False once it failed for good; it takes no further event then. */
  isAlive(): boolean {
    return this.#ending === undefined
  }

  /** Resolves once it takes no further event. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Runs one event; every failure is an outcome. May take no second one before the first has ended. */
  async run(fn: WorkerFunction, requestId: string, payload: string): Promise<Outcome> {
    this.#running = { name: fn.name, requestId }
    const result = await this.#exchange(fn, requestId, payload)
    if (this.#ending) await this.#worker.terminate()
    if (result.kind === 'done') return { payload: result.payload }
    return failed(result.kind === 'failed' ? result.failure : exited(requestId, exitReason(0)))
  }

  async stop(): Promise<void> {
    this.#end(exited(this.#running.requestId, exitReason(0)))
    await this.#worker.terminate()
  }

  async #exchange(fn: WorkerFunction, requestId: string, payload: string): Promise<WorkerReply> {
    const opened = await this.#within(initSecondsMax, this.#opening.promise)
    if (opened.kind !== 'ready') return opened
    if (this.#ending) return this.#ending
    this.#current = Promise.withResolvers()
    const event: WorkerEvent = {
      handler: fn.handler,
      facts: this.#options.factsOf(fn),
      key: this.#options.keyOf(fn.name),
      requestId,
      payload,
      remainingMs: fn.timeoutSeconds * 1000,
    }
    this.#worker.postMessage(event)
    return this.#within(fn.timeoutSeconds, this.#current.promise)
  }

  async #within(seconds: number, reply: Promise<WorkerReply>): Promise<WorkerReply> {
    const { clock } = this.#options
    const late = (): void => this.#end(timedOut(this.#running.requestId, seconds))
    const takeBack = clock.at(clock.now() + seconds * 1000, late)
    const result = await reply
    takeBack()
    return result
  }

  #hear(reply: WorkerReply): void {
    if (reply.kind === 'failed' && reply.fatal) {
      this.#ending ??= reply
      this.#ended.resolve()
    }
    this.#opening.resolve(reply)
    this.#current.resolve(reply)
  }

  #end(failure: FunctionFailure): void {
    this.#hear({ kind: 'failed', failure, fatal: true })
  }
}

const exitReason = (code: number): string =>
  code === 0 ? 'without providing a reason' : `with error: exit status ${code}`

const crash = (requestId: string, error: Error & { code?: string }): FunctionFailure =>
  error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? exited(requestId, 'with error: signal: killed', 'Runtime.OutOfMemory')
    : failureOf(error)

function forwardLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
    take(line.slice(0, lineCharactersMax)),
  )
}
