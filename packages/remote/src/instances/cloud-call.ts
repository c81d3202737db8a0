import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import type { RemoteClient, RemoteReply, RemoteRequest } from '../remote-client.ts'
import { isNeverSent } from '../unsent.ts'

/** Short-lived credentials of AWS. */
export interface AwsKeys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** What calls to cloud providers are made with. */
export interface CloudParts {
  remote: Pick<RemoteClient, 'send'>
  clock: Clock
  /** Where the gateway itself runs; roles are taken on there. */
  region: string
  /** The gateway's own credentials, from which every other one is made. */
  keys(): Promise<AwsKeys>
  /** What the experimental kinds are opened or signed with; from the gateway's environment, never from settings. */
  secretOf?(kind: 'redfish' | 'webhook'): Promise<string | null>
  /** Where calls to a host go instead, in tests. */
  reroute?(url: URL): { url: string; host: string } | null
}

export interface CloudCall {
  url: URL
  method: NonNullable<RemoteRequest['method']>
  headers: Record<string, string>
  body?: string
  /** In words, for messages: what is done to what. */
  doing: string
  /** Whether it may not be sent twice. What only looks may be repeated whatever became of it. */
  changes: boolean
}

const replyBytesMax = 256 * 1024
const answerMsMax = 15_000

/**
 * Sends one call, once.
 * @throws {GridError} `provider.unreachable` where nothing was sent, or nothing that changes; else `provider.unclear`
 */
export async function callCloud(parts: CloudParts, call: CloudCall): Promise<RemoteReply> {
  const other = parts.reroute?.(call.url) ?? null
  try {
    return await parts.remote.send({
      url: other?.url ?? call.url.href,
      method: call.method,
      headers: other ? { ...call.headers, host: other.host } : call.headers,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(other ? { schemes: ['http:', 'https:'] } : {}),
      bytesMax: replyBytesMax,
      timeoutMsMax: answerMsMax,
    })
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    if (call.changes && !isUnsent(error)) throw unclear(call, error)
    throw new GridError('provider.unreachable', `${call.url.host} cannot be asked: ${call.doing}`, { cause: error })
  }
}

function isUnsent(error: GridError): boolean {
  if (error.code === 'address.refused') return true
  return error.code === 'remote.unreachable' && isNeverSent(error.cause)
}

/** Whether it was done is not known. */
export const unclear = ({ doing }: Pick<CloudCall, 'doing'>, cause?: unknown): GridError =>
  new GridError('provider.unclear', `whether it was done is not known: ${doing}`, { cause })

/** The provider did nothing, and would not do it next time either. `why` is ours: what a provider writes is never passed on. */
export const refusedBy = ({ doing }: Pick<CloudCall, 'doing'>, why: string): GridError =>
  new GridError('provider.refused', `${why}: ${doing}`)

/** The provider did nothing, for the moment. */
export const throttled = ({ doing }: Pick<CloudCall, 'doing'>): GridError =>
  new GridError('provider.throttled', `the provider takes no more calls at the moment: ${doing}`)

/** It fails without an order having been taken: an order may be unclear, a look has only to be repeated. */
export const brokenAnswer = (call: CloudCall, status: number): GridError =>
  call.changes
    ? unclear(call)
    : new GridError('provider.unreachable', `${call.url.host} answered ${status}: ${call.doing}`)

/** Sends an order whose answer is its status alone. @throws {GridError} `provider.*` */
export async function sendOrder(parts: CloudParts, call: CloudCall): Promise<void> {
  const { status } = await callCloud(parts, call)
  if (status >= 200 && status < 300) return
  if (status === 429) throw throttled(call)
  if (status < 400 || status >= 500) throw brokenAnswer(call, status)
  throw refusedBy(call, `${call.url.host} refuses with ${status}`)
}

/** The content of a reply; undefined for what is no JSON. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
