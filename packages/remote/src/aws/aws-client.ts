import type { Json } from '@gridgate/core/json'
import type { Clock } from '@gridgate/core/ports'
import { z } from 'zod'
import type { AwsKeys } from '../instances/cloud-call.ts'
import { signAws } from '../instances/sign-aws.ts'
import { type AttemptParts, attempt } from './attempts.ts'
import { AwsFailure, failureOf } from './aws-failure.ts'
import { type AwsReply, openExchange } from './exchange.ts'

/** Services that speak AWS's JSON protocol: how they are named in endpoint variables and in calls, and their version of it. */
const jsonServices = {
  sqs: { variable: 'SQS', target: 'AmazonSQS', version: '1.0' },
  states: { variable: 'SFN', target: 'AWSStepFunctions', version: '1.0' },
  kms: { variable: 'KMS', target: 'TrentService', version: '1.1' },
} as const

/** Largest reply of those, in bytes, and of a function (AWS Lambda Developer Guide, quotas). */
const jsonBytesMax = 1024 * 1024
const payloadBytesMax = 6_291_556

/** What every call says of itself. */
interface AwsCall {
  /** Whether a second one does no harm: then it is sent again also where whether it was done is not known. */
  repeatable: boolean
  /** Time for everything, further attempts included. */
  msMax: number
}

export interface AwsOperation<Reply> extends AwsCall {
  service: keyof typeof jsonServices
  /** `SendMessage` */
  operation: string
  input: Record<string, Json>
  /** What is needed of the reply. */
  reply: z.ZodType<Reply>
}

export interface AwsInvocation extends AwsCall {
  /** Name of the function. */
  name: string
  /** JSON text. */
  payload: string
  /** Whose call it is, for a function with tenant isolation; it refuses calls without, as others refuse calls with one. */
  tenantId?: string
  /** Only asks whether it could be called. */
  isTrial?: boolean
}

export interface AwsParts extends AttemptParts {
  region: string
  clock: Clock
  /** The environment of the process; read for every call, because credentials in it change. */
  environment: Readonly<Record<string, string | undefined>>
}

/** Calls of AWS, signed with the credentials in the environment, that stand for the clients of four services. */
export interface AwsClient {
  /** @throws {AwsFailure} named by AWS's code */
  call<Reply>(operation: AwsOperation<Reply>): Promise<Reply>
  /** Runs a function and gives its answer as JSON text. @throws {AwsFailure} where it could not be run */
  invoke(invocation: AwsInvocation): Promise<{ payload: string; failed: boolean }>
}

/** The address of a service: AWS's own variables for it (SDKs Reference, "Service-specific endpoints"), or the region's. */
function endpointOf(service: string, variable: string, { environment, region }: AwsParts): string {
  const given = environment[`AWS_ENDPOINT_URL_${variable}`] || environment.AWS_ENDPOINT_URL
  return given
    ? given.replace(/\/+$/, '')
    : `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** The process's own credentials: a function's are in its environment. @throws {AwsFailure} where there are none */
export function environmentKeys(environment: AwsParts['environment']): AwsKeys {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  if (!accessKeyId || !secretAccessKey)
    throw new AwsFailure('CredentialsMissing', 'refused', 'there are no credentials in the environment')
  const sessionToken = environment.AWS_SESSION_TOKEN
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

/** Opens what calls AWS; connections are made with the first call. */
export function openAwsClient(parts: AwsParts): AwsClient {
  const exchange = openExchange()
  const send = (request: Signable, { repeatable, msMax }: AwsCall, bytesMax: number): Promise<AwsReply> => {
    const signal = AbortSignal.timeout(msMax)
    const once = async (): Promise<AwsReply> => {
      const signed = await sign(parts, request)
      const reply = await exchange({ url: request.url, body: request.body, headers: signed, bytesMax, signal })
      if (reply.status >= 200 && reply.status < 300) return reply
      throw failureIn(reply)
    }
    return attempt(once, { repeatable, signal }, parts)
  }
  return {
    async call(given) {
      const { variable, target, version } = jsonServices[given.service]
      const url = new URL(`${endpointOf(given.service, variable, parts)}/`)
      const headers = {
        'content-type': `application/x-amz-json-${version}`,
        'x-amz-target': `${target}.${given.operation}`,
      }
      const request = { service: given.service, url, headers, body: JSON.stringify(given.input) }
      const reply = given.reply.safeParse(readJson((await send(request, given, jsonBytesMax)).text))
      if (reply.success) return reply.data
      throw new AwsFailure('UnreadableReply', 'unclear', `${url.host} answered ${given.operation} with something else`)
    },
    async invoke({ name, payload, tenantId, isTrial = false, ...call }) {
      const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`
      const url = new URL(`${endpointOf('lambda', 'LAMBDA', parts)}${path}`)
      const headers = {
        'content-type': 'application/json',
        'x-amz-invocation-type': isTrial ? 'DryRun' : 'RequestResponse',
        ...(tenantId === undefined ? {} : { 'x-amz-tenant-id': tenantId }),
      }
      const reply = await send({ service: 'lambda', url, headers, body: payload }, call, payloadBytesMax)
      return { payload: reply.text, failed: reply.headers['x-amz-function-error'] !== undefined }
    },
  }
}

interface Signable {
  service: string
  url: URL
  headers: Record<string, string>
  body: string
}

function sign(parts: AwsParts, { service, url, headers, body }: Signable): Promise<Record<string, string>> {
  const by = { service, region: parts.region, keys: environmentKeys(parts.environment), at: parts.clock.now() }
  return signAws(by, { url, method: 'POST', headers: { ...headers, 'user-agent': 'gridgate' }, body })
}

const Told = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
})

/** The failure that a reply tells of; its code may have a namespace before it and an address behind it. */
function failureIn({ status, headers, text }: AwsReply): AwsFailure {
  const told = Told.safeParse(readJson(text)).data ?? {}
  const type = String(headers['x-amzn-errortype'] ?? told.__type ?? `Status${status}`)
  const code = type.replace(/:.*$/s, '').replace(/^.*#/s, '')
  return failureOf(status, code, told.message ?? told.Message ?? `AWS answered ${status}`)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
