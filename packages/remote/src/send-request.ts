import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http'
import { type Agent as SecureAgent, request as secureRequest } from 'node:https'

/** What keeps the connections, for both schemes. */
export interface Agents {
  plain: Agent
  secure: SecureAgent
}

export interface OutgoingRequest {
  url: URL
  method: string
  headers: Record<string, string>
  body?: string | Uint8Array | undefined
  signal: AbortSignal
}

/** Sends a request by Node's own client, which takes no room in a function's bundle; gives the reply with its body unread. */
export function sendRequest(
  { plain, secure }: Agents,
  { url, method, headers, body, signal }: OutgoingRequest,
): Promise<IncomingMessage> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const given = { method, headers: { ...headers, ...length }, signal }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent =
    url.protocol === 'http:'
      ? plainRequest(url, { ...given, agent: plain }, resolve)
      : secureRequest(url, { ...given, agent: secure }, resolve)
  sent.on('error', reject).end(body)
  return promise
}

/** The body of a reply, or null for a larger one, of which nothing more is read. */
export async function readBytes(reply: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let bytes = Number(reply.headers['content-length'] ?? 0)
  if (bytes <= bytesMax) {
    bytes = 0
    for await (const chunk of reply as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes > bytesMax) break
      chunks.push(chunk)
    }
  }
  if (bytes <= bytesMax) return Buffer.concat(chunks)
  discard(reply)
  return null
}

/** Ends a reply that nobody reads; its stream then fails, which is what was wanted. */
export function discard(reply: IncomingMessage): void {
  reply.on('error', () => undefined).destroy()
}
