import type { IncomingMessage } from 'node:http'
import { GridError } from '@gridgate/core/errors'
import { type AgentOptions, guardedAgents, refused } from './guarded-agent.ts'
import { type Agents, discard, readBytes, sendRequest } from './send-request.ts'

/** One outbound request. */
export interface RemoteRequest {
  url: string
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Largest reply, in bytes. */
  bytesMax: number
  /** Time for everything: names, connections, redirects, the reply's body. */
  timeoutMsMax?: number
  /** Redirects followed, of a GET only; 0 unless said otherwise. */
  redirectsMax?: number
  /** Schemes that may be used; https alone unless said otherwise. */
  schemes?: readonly string[]
}

export interface RemoteReply {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: Uint8Array
}

/** The only way out over HTTP. */
export interface RemoteClient {
  /** @throws {GridError} `address.refused`, `remote.unreachable`, `remote.failed`, `remote.too_slow`, `remote.too_large` */
  send(request: RemoteRequest): Promise<RemoteReply>
  close(): Promise<void>
}

const timeoutMsDefault = 10_000
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Opens a client whose every connection passes the guard (spec/decisions.md 8), also those that a redirect leads to. */
export function openRemoteClient(options: AgentOptions): RemoteClient {
  const agents = guardedAgents(options)
  return {
    async send(given) {
      const signal = AbortSignal.timeout(given.timeoutMsMax ?? timeoutMsDefault)
      const url = checkedUrl(given.url, given.schemes)
      try {
        return await follow(agents, url, given, signal)
      } catch (error) {
        throw translated(error, url, signal)
      }
    },
    close: async () => agents.destroy(),
  }
}

async function follow(agents: Agents, first: URL, given: RemoteRequest, signal: AbortSignal): Promise<RemoteReply> {
  const { method = 'GET', redirectsMax = 0 } = given
  let url = first
  for (let hop = 0; ; hop++) {
    const headers = url.origin === first.origin ? given.headers : withoutCredentials(given.headers)
    const sent = { url, method, headers: { 'user-agent': 'gridgate', ...headers }, body: given.body, signal }
    const reply = await sendRequest(agents, sent)
    const { statusCode: status = 0, headers: told } = reply
    const location = told.location
    if (!redirects.has(status) || location === undefined || redirectsMax === 0 || method !== 'GET')
      return { status, headers: told, bytes: await readAll(reply, given.bytesMax) }
    discard(reply)
    if (hop >= redirectsMax)
      throw new GridError('remote.failed', `${first.host} redirects more than ${redirectsMax} times`)
    url = checkedUrl(location, given.schemes, url)
  }
}

/** @throws {GridError} `address.refused` for another scheme, user-info, or what is no URL */
function checkedUrl(text: string, schemes: readonly string[] = ['https:'], base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new GridError('address.refused', 'the address is not a URL')
  const url = new URL(text, base)
  if (!schemes.includes(url.protocol)) throw refused(url.host, `its scheme is ${url.protocol.slice(0, -1)}`)
  if (url.username !== '' || url.password !== '') throw refused(url.host, 'the address holds a user or a password')
  return url
}

function withoutCredentials(headers: Record<string, string> = {}): Record<string, string> {
  const secret = new Set(['authorization', 'cookie', 'proxy-authorization'])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.has(name.toLowerCase())))
}

/** @throws {GridError} `remote.too_large` */
async function readAll(reply: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const bytes = await readBytes(reply, bytesMax)
  if (bytes) return bytes
  throw new GridError('remote.too_large', `the reply is larger than ${bytesMax} bytes`)
}

function translated(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (error instanceof GridError) return error
  if (signal.aborted) return new GridError('remote.too_slow', `${url.host} did not answer in time`, { cause: error })
  return new GridError('remote.unreachable', `${url.host} cannot be reached`, { cause: error })
}
