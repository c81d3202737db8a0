import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
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
 * POST over connections that are kept, by Node's own client: every AWS client has loaded it already. The address comes from
 * our own environment, so no guard stands here.
 */
export function openExchange(): Exchange {
  const options = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMsMax }
  const plain = new Agent(options)
  const secure = new SecureAgent(options)
  return async ({ url, headers, body, bytesMax, signal }) => {
    const given = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent =
      url.protocol === 'http:'
        ? plainRequest(url, { ...given, agent: plain }, resolve)
        : secureRequest(url, { ...given, agent: secure }, resolve)
    sent.on('error', reject).end(body)
    try {
      const reply = await promise
      return { status: reply.statusCode ?? 0, headers: reply.headers, text: await textOf(reply, bytesMax) }
    } catch (error) {
      throw translated(error, url, signal)
    }
  }
}

async function textOf(reply: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of reply as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new AwsFailure('ReplyTooLarge', 'refused', `the reply is larger than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function translated(error: unknown, url: URL, signal: AbortSignal): AwsFailure {
  if (error instanceof AwsFailure) return error
  if (signal.aborted) return new AwsFailure('TimeoutError', 'unclear', `${url.host} did not answer in time`, error)
  if (isNeverSent(error)) return new AwsFailure('NotReached', 'unsent', `${url.host} cannot be reached`, error)
  return new AwsFailure('ConnectionLost', 'unclear', `the connection to ${url.host} was lost`, error)
}
