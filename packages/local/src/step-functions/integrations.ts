import { createHash, randomUUID } from 'node:crypto'
import { AwsError, type Json, type JsonObject } from '../aws/service.ts'
import type { Resource } from './definition/resource.ts'

/** What the engine calls outside of itself. Faults are thrown as AwsError with the service's own code. */
export interface Integrations {
  /** @throws {AwsError} ResourceNotFoundException for a function that is not there */
  invokeFunction(
    functionArnOrName: string,
    payload: Json,
    signal: AbortSignal,
  ): Promise<{ payload: Json } | { functionError: { errorType: string; errorMessage: string; trace?: string[] } }>
  /** @throws {AwsError} with the queue service's code */
  sendMessage(message: JsonObject): Promise<{ MD5OfMessageBody: string; MessageId: string }>
}

/** A call that a task makes. */
export interface CallRequest {
  resource: Resource
  /** JSON text. */
  parameters: string
  /** Names the attempt, the same after a restart: a child execution is started once for it. */
  starter: string
  executionArn: string
}

/** What came of it; output is a JSON text. */
export type CallAnswer =
  | { kind: 'success'; output: string; childArn?: string }
  | { kind: 'failure'; error: string | null; cause: string | null }

/** Starts an execution for a task, once per starter. */
export type StartChild = (input: { stateMachineArn: string; name: string; input: string; starter: string }) => {
  executionArn: string
  startedAt: number
}

/** Longest cause of a failure, in characters (HistoryEvent, "cause"). */
const causeCharactersMax = 32_768

/** How the services name themselves in the causes of their faults. */
const services = {
  lambda: { prefix: 'Lambda', name: 'AWSLambda' },
  sqs: { prefix: 'SQS', name: 'AmazonSQS' },
  states: { prefix: 'StepFunctions', name: 'AWSStepFunctions' },
} as const

/** What a call needs from around it. */
export interface Caller {
  integrations: Integrations
  signal: AbortSignal
  place: { region: string; accountId: string }
  startChild: StartChild
}

/** Makes a task's call; whatever goes wrong in the service is an answer (spec/step-functions.md section 4). */
export async function callService(caller: Caller, request: CallRequest): Promise<CallAnswer> {
  const { resource } = request
  const parameters = JSON.parse(request.parameters) as Json
  const service = resource.kind === 'function' ? 'lambda' : resource.service
  const given = parameters as JsonObject
  try {
    if (resource.kind === 'function') return await invoke(caller, resource.arn, parameters, false)
    if (service === 'lambda') return await invoke(caller, String(given.FunctionName), given.Payload ?? {}, true)
    if (service === 'sqs') return await send(caller, given)
    return startExecution(caller, given, request)
  } catch (error) {
    return fault(caller, service, error, resource.kind === 'function' ? resource.arn : String(given.FunctionName))
  }
}

async function invoke(caller: Caller, name: string, payload: Json, wrapped: boolean): Promise<CallAnswer> {
  const answer = await caller.integrations.invokeFunction(name, payload, caller.signal)
  if ('functionError' in answer) {
    const { errorType, errorMessage, trace } = answer.functionError
    const cause = JSON.stringify({ errorType, errorMessage, ...(trace ? { trace } : {}) })
    return { kind: 'failure', error: errorType ?? null, cause: cause.slice(0, causeCharactersMax) }
  }
  if (!wrapped) return { kind: 'success', output: JSON.stringify(answer.payload) }
  const output = {
    ExecutedVersion: '$LATEST',
    Payload: answer.payload,
    ...sdkMetadata('application/json', { 'X-Amz-Executed-Version': '$LATEST' }),
    StatusCode: 200,
  }
  return { kind: 'success', output: JSON.stringify(output) }
}

async function send(caller: Caller, given: JsonObject): Promise<CallAnswer> {
  const { MD5OfMessageBody, MessageId } = await caller.integrations.sendMessage({
    ...given,
    MessageBody: asText(given.MessageBody ?? null),
  })
  const output = { MD5OfMessageBody, MessageId, ...sdkMetadata('application/x-amz-json-1.0') }
  return { kind: 'success', output: JSON.stringify(output) }
}

function startExecution(caller: Caller, given: JsonObject, request: CallRequest): CallAnswer {
  const named = typeof given.Name === 'string' ? given.Name : childName(request)
  const { executionArn, startedAt } = caller.startChild({
    stateMachineArn: String(given.StateMachineArn),
    name: named,
    input: given.Input === undefined ? '{}' : asText(given.Input),
    starter: request.starter,
  })
  const StartDate = new Date(startedAt).toISOString()
  const output = { ExecutionArn: executionArn, ...sdkMetadata('application/x-amz-json-1.0'), StartDate }
  const waits = request.resource.kind === 'service' && request.resource.pattern === 'sync'
  return { kind: 'success', output: JSON.stringify(output), ...(waits ? { childArn: executionArn } : {}) }
}

/** A name that the same attempt always gives, in the form of a UUID. */
function childName({ executionArn, starter }: CallRequest): string {
  const hex = createHash('sha256').update(`${executionArn} ${starter}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** Texts go as they are, everything else as JSON text. */
const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

function sdkMetadata(contentType: string, more: Record<string, string> = {}): JsonObject {
  const RequestId = randomUUID()
  const headers: Record<string, string> = { ...more, 'x-amzn-RequestId': RequestId, 'Content-Type': contentType }
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId },
  }
}

function fault(caller: Caller, service: keyof typeof services, error: unknown, functionName: string): CallAnswer {
  const { prefix, name } = services[service]
  const known = readFault(error)
  if (!known) {
    const cause = error instanceof Error ? error.message : String(error)
    return { kind: 'failure', error: `${prefix}.SdkClientException`, cause: cause.slice(0, causeCharactersMax) }
  }
  const { code } = known
  const missing = service === 'lambda' && code === 'ResourceNotFoundException'
  const text = missing ? `Function not found: ${fullArn(caller.place, functionName)}` : known.message
  const status = missing ? 404 : known.status
  const shortCode = code.split('.').at(-1) ?? code
  return {
    kind: 'failure',
    error: `${prefix}.${shortCode}${service === 'lambda' || shortCode.endsWith('Exception') ? '' : 'Exception'}`,
    cause: `${text} (Service: ${name}; Status Code: ${status}; Error Code: ${code}; Request ID: ${randomUUID()}; Proxy: null)`,
  }
}

/** The service's own fault in an error: ours, or an exception of the AWS SDK. Null for everything else. */
function readFault(error: unknown): { code: string; message: string; status: number } | null {
  if (!(error instanceof Error)) return null
  const code = error.name.split('#').at(-1) ?? error.name
  if (error instanceof AwsError) return { code, message: error.message, status: error.status }
  const { $metadata: metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
  if (metadata?.httpStatusCode === undefined) return null
  return { code, message: error.message, status: metadata.httpStatusCode }
}

/** A function's ARN with its version, as the Lambda service writes it into its fault. */
function fullArn({ region, accountId }: Caller['place'], name: string): string {
  const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${accountId}:function:${name}`
  return arn.split(':').length > 7 ? arn : `${arn}:$LATEST`
}
