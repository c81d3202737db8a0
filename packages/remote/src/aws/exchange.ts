import { Agent, type IncomingHttpHeaders } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { readBytes, sendRequest } from '../send-request.ts'
import { isNeverSent } from '../unsent.ts'
import { AwsFailure } from './aws-failure.ts'

const connectionsMax = 50
const idleMsMax = 10_000

/** One request, signed already. */
export interface AwsRequest {
  url: URL
  headers: Record<string, string>
  body: string
  /** Largest reply, in bytes. */
  bytesMax: number
  signal: AbortSignal
}

export interface AwsReply {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Sends a request once. @throws {AwsFailure} for everything that is no whole reply */
export type Exchange = (request: AwsRequest) => Promise<AwsReply>

/**
 * POST over connections that are kept. The address comes from our own environment, so no guard stands here.
 */
export function openExchange(): Exchange {
  const options = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMsMax }
  const agents = { plain: new Agent(options), secure: new SecureAgent(options) }
  return async ({ url, headers, body, bytesMax, signal }) => {
    try {
      const reply = await sendRequest(agents, { url, method: 'POST', headers, body, signal })
      const bytes = await readBytes(reply, bytesMax)
      if (bytes) return { status: reply.statusCode ?? 0, headers: reply.headers, text: bytes.toString('utf8') }
    } catch (error) {
      throw translated(error, url, signal)
    }
    throw new AwsFailure('ReplyTooLarge', 'refused', `the reply is larger than ${bytesMax} bytes`)
  }
}

function translated(error: unknown, url: URL, signal: AbortSignal): AwsFailure {
  if (signal.aborted) return new AwsFailure('TimeoutError', 'unclear', `${url.host} did not answer in time`, error)
  if (isNeverSent(error)) return new AwsFailure('NotReached', 'unsent', `${url.host} cannot be reached`, error)
  return new AwsFailure('ConnectionLost', 'unclear', `the connection to ${url.host} was lost`, error)
}
