/** Runs inside a worker: loads the module of its functions, then answers one event after the other. */
import { enableCompileCache, flushCompileCache } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { LocalKey } from '../aws/signature.ts'
import {
  type ContextFacts,
  contextOf,
  type FunctionFailure,
  failureOf,
  type InvocationContext,
} from './function-configuration.ts'

/** What the host gives a worker at its start. */
export interface WorkerData {
  module: string
  compileCache: string | null
}

/** An event for a function; `payload` is JSON text. */
export interface WorkerEvent {
  handler: string
  facts: ContextFacts
  key: LocalKey
  requestId: string
  payload: string
  remainingMs: number
}

/** What a worker tells its host. After a failure that is `fatal` it ends. */
export type WorkerReply =
  | { kind: 'ready' }
  | { kind: 'done'; payload: string }
  | { kind: 'failed'; failure: FunctionFailure; fatal: boolean }

type Handler = (event: unknown, context: InvocationContext) => unknown

const data = workerData as WorkerData
const host = parentPort
if (!host) throw new Error('worker-main.ts runs in a worker only')
const tell = (reply: WorkerReply): void => host.postMessage(reply)

process.on('unhandledRejection', (reason) => {
  const { errorMessage, trace = [] } = failureOf(reason)
  end({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage, trace })
})
process.on('uncaughtException', (error) => end(failureOf(error)))

if (data.compileCache) enableCompileCache(data.compileCache)
const functions = await load()
if (data.compileCache) flushCompileCache() // at once, for the workers that start next
host.on('message', (event: WorkerEvent) => void answer(event))
tell({ kind: 'ready' })

function end(failure: FunctionFailure): never {
  tell({ kind: 'failed', failure, fatal: true })
  process.exit(1)
}

async function load(): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(data.module).href)) as Record<string, unknown>
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    return end(isMissing ? { ...failureOf(error), errorType: 'Runtime.ImportModuleError' } : failureOf(error))
  }
}

async function answer({ handler, facts, key, requestId, payload, remainingMs }: WorkerEvent): Promise<void> {
  const found = functions[handler]
  if (typeof found !== 'function')
    return end({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: `${handler} is undefined or not exported`,
      trace: [],
    })
  process.env.AWS_LAMBDA_FUNCTION_NAME = facts.functionName
  process.env.AWS_ACCESS_KEY_ID = key.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = key.secretAccessKey
  try {
    const result = await (found as Handler)(JSON.parse(payload), contextOf(facts, requestId, remainingMs))
    tell({ kind: 'done', payload: JSON.stringify(result) ?? 'null' })
  } catch (error) {
    tell({ kind: 'failed', failure: failureOf(error), fatal: false })
  }
}
