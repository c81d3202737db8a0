import type { Json } from '../aws/service.ts'

/** A function whose module runs in a worker of its own. */
export interface WorkerFunction {
  name: string
  /** Absolute path of its .ts module. */
  module: string
  /** The export that takes the event and the context. */
  handler: string
  timeoutSeconds: number
  /** Limit of its JavaScript heap in MiB; buffers outside the heap are not counted. */
  memoryMb: number
  /** All that its process environment holds, beside what the platform adds. */
  environment: Readonly<Record<string, string>>
  /**
   * Functions of one module, memory and environment may share workers by this name: one that is idle goes over to the next
   * of them, which saves its cold start. Otherwise a function has a worker of its own.
   */
  worker?: string
}

/** A function that this process runs itself, for example because it keeps a child process of its own. */
export interface HostedFunction {
  name: string
  timeoutSeconds: number
  /** It has tenant isolation: calls must say whose they are. */
  isPerTenant?: boolean
  invoke(payload: Json, context: InvocationContext): Promise<Json | undefined>
}

export type FunctionConfiguration = WorkerFunction | HostedFunction

/** What a handler is told beside its event (AWS Lambda Developer Guide, "Lambda context object in Node.js"). */
export interface InvocationContext {
  awsRequestId: string
  functionName: string
  functionVersion: string
  invokedFunctionArn: string
  memoryLimitInMB: string
  logGroupName: string
  logStreamName: string
  callbackWaitsForEmptyEventLoop: boolean
  /** Whose call it is, of a function with tenant isolation. */
  tenantId?: string
  getRemainingTimeInMillis(): number
}

/** What a failed function answers (AWS Lambda Developer Guide, "Node.js function errors"). */
export type FunctionFailure = { errorType: string; errorMessage: string; trace?: string[] }

/** How one invocation ended: the payload as JSON text, and whether it tells of a failure. */
export interface Outcome {
  payload: string
  functionError?: 'Unhandled'
}

/** The outcome of a failure. */
export const failed = (failure: FunctionFailure): Outcome => ({
  payload: JSON.stringify(failure),
  functionError: 'Unhandled',
})

/** The words of AWS for a function that took too long. */
export const timedOut = (requestId: string, seconds: number): FunctionFailure => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
})

/** The words of AWS for a function whose process ended. */
export const exited = (requestId: string, reason: string, errorType = 'Runtime.ExitError'): FunctionFailure => ({
  errorType,
  errorMessage: `RequestId: ${requestId} Error: Runtime exited ${reason}`,
})

/** What was thrown, as the runtime of AWS words it. */
export function failureOf(thrown: unknown): FunctionFailure {
  if (thrown instanceof Error)
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] }
}

/** What stays the same over all invocations of a function. */
export type ContextFacts = Omit<InvocationContext, 'awsRequestId' | 'getRemainingTimeInMillis'>

/** The context of one invocation; remaining time is measured from now. */
export function contextOf(facts: ContextFacts, awsRequestId: string, remainingMs: number): InvocationContext {
  const end = performance.now() + remainingMs
  return {
    ...facts,
    awsRequestId,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(end - performance.now())),
  }
}
