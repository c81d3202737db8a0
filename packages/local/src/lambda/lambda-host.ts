import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { openDatabase } from '../aws/database.ts'
import type { Log } from '../aws/log.ts'
import { type Outbox, openOutbox } from '../aws/outbox.ts'
import { AwsError } from '../aws/service.ts'
import type { LocalKey } from '../aws/signature.ts'
import type { Clock } from '../clock.ts'
import {
  type ContextFacts,
  type FunctionConfiguration,
  type FunctionFailure,
  failed,
  type Outcome,
  type WorkerFunction,
} from './function-configuration.ts'
import { FunctionWorker } from './function-worker.ts'
import { runHosted } from './run-hosted.ts'
import { WorkerPool } from './worker-pool.ts'

/** Bytes of a request or response payload, and of an asynchronous event (AWS Lambda Developer Guide, quotas). */
const payloadBytesMax = 6_291_556
const eventBytesMax = 1_048_576
/** Waits before the second and third attempt of an asynchronous event, in ms (AWS Lambda Developer Guide). */
const retryWaitsMs = [60_000, 120_000]

export type InvocationType = 'RequestResponse' | 'Event' | 'DryRun'

/** The answer to an invocation; the payload is JSON text, empty for events and dry runs. */
export interface Invocation extends Outcome {
  requestId: string
}

export interface LambdaHostOptions {
  functions: readonly FunctionConfiguration[]
  /** Where accepted asynchronous events are kept until they are done. */
  file: string
  clock: Clock
  log: Log
  region: string
  accountId: string
  /** The key that a function's calls are signed with. */
  keyOf(functionName: string): LocalKey
  /** Address of the endpoint of all services; asked when a worker starts. */
  endpointUrl: () => string
  /** Workers kept at a time. */
  workersMax?: number
  /** Of these, workers kept that have nothing to do; all of them unless given. */
  idleMax?: number
  /** An idle worker is ended after this time, in seconds. */
  idleSecondsMax?: number
  /** Folder where compiled code is kept between starts. */
  compileCache?: string
  /** Gives the file to load in place of a function's module; the module itself unless given. */
  load?: (module: string) => Promise<string>
}

/** Runs the functions of the product as AWS Lambda does. */
export interface LambdaHost {
  readonly functions: ReadonlyMap<string, FunctionConfiguration>
  arnOf(name: string): string
  /** The function of a name or an ARN. @throws {AwsError} ResourceNotFoundException. */
  find(name: string): FunctionConfiguration
  /**
   * Invokes a function by name or ARN. An `Event` is acknowledged once it is stored: it runs at least once, three times
   * at most when it fails, also across a restart.
   * @throws {AwsError} ResourceNotFoundException, RequestTooLargeException, InvalidRequestContentException,
   *   TooManyRequestsException, InvalidParameterValueException where a tenant is missing or one too many. A failure of the function itself is an outcome.
   */
  invoke(name: string, payload: string, type?: InvocationType, tenantId?: string): Promise<Invocation>
  /** Live workers. */
  workers(): number
  close(): Promise<void>
}

/**
 * Opens the host; no worker starts before its function is needed.
 * @throws when functions are to share a worker that cannot.
 */
export function openLambdaHost(options: LambdaHostOptions): LambdaHost {
  const { clock, region, accountId, load = async (module) => module } = options
  const functions = new Map(options.functions.map((fn) => [fn.name, fn]))
  checkSharing(options.functions)
  const arnOf = (name: string): string => `arn:aws:lambda:${region}:${accountId}:function:${name}`
  const pool = openPool(options, arnOf)
  const run = async (
    fn: FunctionConfiguration,
    requestId: string,
    payload: string,
    tenantId?: string,
  ): Promise<Outcome> => {
    const facts = { ...factsOf(fn, arnOf(fn.name)), ...(tenantId === undefined ? {} : { tenantId }) }
    const outcome =
      'module' in fn
        ? await pool.run({ ...fn, module: await load(fn.module) }, requestId, payload)
        : await runHosted(fn, facts, requestId, payload, clock)
    return Buffer.byteLength(outcome.payload) > payloadBytesMax ? tooLarge : outcome
  }
  const find = (name: string): FunctionConfiguration => {
    const fn = functions.get(name.replace(/^.*:function:/, '').replace(/:\$LATEST$/, ''))
    if (fn) return fn
    const arn = name.startsWith('arn:') ? name : arnOf(name)
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404 })
  }
  const db = openDatabase(options.file, '')
  const events = openEventQueue(db, options, (id, name, payload) => run(find(name), id, payload))

  return {
    functions,
    arnOf,
    find,
    async invoke(name, payload, type = 'RequestResponse', tenantId) {
      const fn = find(name)
      checkTenant(fn, type, tenantId)
      const text = checkedPayload(payload, type)
      const requestId = randomUUID()
      if (type === 'DryRun') return { payload: '', requestId }
      if (type === 'RequestResponse') return { ...(await run(fn, requestId, text, tenantId)), requestId }
      events.add({ id: requestId, destination: fn.name, body: text })
      events.wake()
      return { payload: '', requestId }
    },
    workers: () => pool.size,
    async close() {
      await Promise.all([events.close(), pool.close()])
      db.close()
    },
  }
}

/** As AWS answers ("Troubleshooting tenant isolation for Lambda functions"); events of a tenant are not kept here. */
function checkTenant(fn: FunctionConfiguration, type: InvocationType, tenantId: string | undefined): void {
  const isPerTenant = 'isPerTenant' in fn && fn.isPerTenant === true
  if (isPerTenant !== (tenantId !== undefined))
    throw new AwsError(
      'InvalidParameterValueException',
      'Tenant ID configuration not specified or passed to a function when tenant isolation is not enabled.',
    )
  if (tenantId === undefined) return
  if (!/^[a-zA-Z0-9._:/=+\-@ ]{1,256}$/.test(tenantId))
    throw new AwsError('InvalidParameterValueException', 'the tenant id has other characters, or more than 256')
  if (type === 'Event')
    throw new AwsError('InvalidParameterValueException', `invocation type ${type} is not supported for a tenant`)
}

function openPool(options: LambdaHostOptions, arnOf: (name: string) => string): WorkerPool {
  const { clock, log, workersMax = 6, idleMax = workersMax, idleSecondsMax = 300, compileCache = null } = options
  const start = (fn: WorkerFunction): FunctionWorker =>
    new FunctionWorker(fn.module, {
      clock,
      log,
      factsOf: (running) => factsOf(running, arnOf(running.name)),
      keyOf: options.keyOf,
      environment: environmentOf(fn, options),
      memoryMb: fn.memoryMb,
      compileCache,
    })
  return new WorkerPool({ clock, workersMax, idleMax, idleSecondsMax, start })
}

/** Asynchronous events: stored first, then run, and tried again when the function fails. */
function openEventQueue(
  db: DatabaseSync,
  { clock, log }: LambdaHostOptions,
  run: (requestId: string, name: string, payload: string) => Promise<Outcome>,
): Outbox {
  return openOutbox({
    db,
    clock,
    async deliver(entry) {
      const outcome = await run(entry.id, entry.destination, entry.body)
      if (outcome.functionError) throw new Error((JSON.parse(outcome.payload) as FunctionFailure).errorType)
    },
    waitMs: (entry) => retryWaitsMs[entry.attempts - 1] ?? null,
    dropped: (entry, error) =>
      log('function.event_dropped', {
        function: entry.destination,
        requestId: entry.id,
        attempts: entry.attempts,
        reason: error instanceof Error ? error.message : String(error),
      }),
  })
}

/** Functions of one worker must agree in all that is fixed at its start. */
function checkSharing(functions: readonly FunctionConfiguration[]): void {
  const first = new Map<string, WorkerFunction>()
  for (const fn of functions) {
    if (!('module' in fn)) continue
    const worker = fn.worker ?? fn.name
    const other = first.get(worker) ?? fn
    first.set(worker, other)
    if (!isDeepStrictEqual([fn.module, fn.memoryMb, fn.environment], [other.module, other.memoryMb, other.environment]))
      throw new Error(
        `${fn.name} and ${other.name} differ in module, memory or environment: they cannot share a worker`,
      )
  }
}

function checkedPayload(payload: string, type: InvocationType): string {
  const bytes = Buffer.byteLength(payload)
  const max = type === 'Event' ? eventBytesMax : payloadBytesMax
  if (bytes > max)
    throw new AwsError(
      'RequestTooLargeException',
      `${bytes} byte payload is too large for the ${type} invocation type (limit ${max} bytes)`,
      {
        status: 413,
      },
    )
  if (payload === '') return '{}'
  try {
    JSON.parse(payload)
  } catch (cause) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${String(cause)}`)
  }
  return payload
}

const tooLarge: Outcome = failed({
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${payloadBytesMax} bytes).`,
})

const factsOf = (fn: FunctionConfiguration, invokedFunctionArn: string): ContextFacts => ({
  functionName: fn.name,
  functionVersion: '$LATEST',
  invokedFunctionArn,
  memoryLimitInMB: 'memoryMb' in fn ? String(fn.memoryMb) : '0',
  logGroupName: `/aws/lambda/${fn.name}`,
  logStreamName: 'local',
  callbackWaitsForEmptyEventLoop: true,
})

/** A function sees what its configuration gives it and where its cloud is, nothing of this process. */
const environmentOf = (fn: WorkerFunction, options: LambdaHostOptions): Record<string, string> => ({
  ...fn.environment,
  AWS_REGION: options.region,
  AWS_ENDPOINT_URL: options.endpointUrl(),
  AWS_LAMBDA_FUNCTION_NAME: fn.name,
})
