import { lookup } from 'node:dns/promises'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, type AgentOptions, type RequestOptions, request } from 'node:https'
import { checkServerIdentity, createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { GridError } from '@gridgate/core/errors'
import type { Kubeconfig } from './kubeconfig.ts'

/** Largest reply read from an API server, in bytes. */
const replyBytesMax = 8 * 2 ** 20
/** Most connections that one client keeps open, which bounds what is asked at a time; a watch has one of its own beside them. */
export const connectionsMax = 16
/** A connection that nobody used for so long is closed, in milliseconds: what stands between may have forgotten it. */
const idleMsMax = 30_000
/** Longest line of a stream, in characters; etcd takes objects of 1.5 MB. */
const lineCharactersMax = 4 * 2 ** 20

/** Where a connection really goes. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Port: refuses an address that must not be called (spec/decisions.md 8). Throws `address.refused`. */
export type CheckAddress = (url: URL, endpoint: Endpoint) => void | Promise<void>

/** Port: finds the address of a host. The local server answers here for the simulated cluster (spec/decisions.md 55). */
export type Resolve = (host: string, port: number) => Promise<Endpoint>

/** The machine's own name resolution. */
export const resolveByDns: Resolve = async (host, port) => ({ address: (await lookup(host)).address, port })

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with query, from the root of the server. */
  readonly path: string
  readonly contentType?: string
  readonly body?: string
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

export interface Transport {
  /** One request, one reply, no redirects. Throws what the network throws, or a GridError. */
  send(call: Call): Promise<Reply>
  /** A reply whose lines come one after the other, until the server or the signal ends it; or a refusal. */
  stream(call: Call): Promise<AsyncIterable<string> | Reply>
  close(): void
}

/**
 * HTTPS to one API server. The host is resolved once, the address is checked, and the connection is made to that very
 * address, so that a name which changes its answer (DNS rebinding) does not get around the check.
 * @throws {GridError} `kubeconfig.invalid` when certificate, key or authority are not usable PEM
 */
export function openTransport(kubeconfig: Kubeconfig, checkAddress: CheckAddress, resolve: Resolve): Transport {
  const url = new URL(kubeconfig.server)
  const secure = securityOf(kubeconfig)
  // Node uses no connection twice whose certificate a single request wants to check by itself; so the agents check it.
  const tls = { ...secure.tls, maxCachedSessions: 0 }
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: connectionsMax, timeout: idleMsMax })
  const streams = new Agent(tls)
  let endpoint: Promise<Endpoint> | undefined
  const checked = async (): Promise<Endpoint> => {
    const found = await resolve(kubeconfig.host, Number(url.port || 443))
    await checkAddress(url, found)
    return found
  }
  const respond = async (call: Call, given: Agent): Promise<Answer> => {
    endpoint ??= checked()
    const { method, signal } = call
    const { address, port } = await within(signal, endpoint).catch((error: unknown) => {
      endpoint = undefined // a failed look-up may work the next time
      throw error
    })
    const path = url.pathname.replace(/\/$/, '') + call.path
    const headers = headersOf(url, call, secure.token)
    return exchange({ agent: given, host: address, port, method, path, headers, signal }, call.body)
  }
  const read = async ({ incoming, outgoing }: Answer): Promise<Reply> => {
    const reply = await readReply(incoming, outgoing)
    return reply.status < 400 ? reply : { ...reply, text: withoutToken(reply.text, secure.token) }
  }
  return {
    send: async (call) => read(await respond(call, agent)),
    async stream(call) {
      const answer = await respond(call, streams)
      return (answer.incoming.statusCode ?? 0) < 300 ? linesOf(answer) : read(answer)
    },
    close() {
      agent.destroy()
      streams.destroy()
    },
  }
}

function securityOf(kubeconfig: Kubeconfig): { tls: AgentOptions; token: string | undefined } {
  const { credentials, certificateAuthority } = kubeconfig.reveal()
  const name = kubeconfig.tlsServerName ?? kubeconfig.host
  const isName = !/^[\d.]+$|:/.test(name)
  const identity = 'token' in credentials ? {} : { cert: credentials.certificate, key: credentials.key }
  const secrets = { ...identity, ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }) }
  const tls: AgentOptions = {
    secureContext: secureContextOf(secrets),
    rejectUnauthorized: true,
    // The connection goes to an address, so the name to verify is given by hand.
    servername: isName ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  }
  return { tls, token: 'token' in credentials ? credentials.token : undefined }
}

/** One for all connections: reading the certificates takes longer than the handshake. */
function secureContextOf(secrets: SecureContextOptions): SecureContext {
  try {
    return createSecureContext({ ...secrets, minVersion: 'TLSv1.2' })
  } catch {
    // OpenSSL's reason is not passed on: the material it speaks of is secret.
    throw new GridError('kubeconfig.invalid', 'the certificate, key or authority in the kubeconfig is not usable PEM')
  }
}

function headersOf(url: URL, call: Call, token: string | undefined): Record<string, string> {
  return {
    host: url.host,
    accept: 'application/json',
    'user-agent': 'gridgate',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(call.body === undefined
      ? {}
      : {
          'content-type': call.contentType ?? 'application/json',
          'content-length': String(Buffer.byteLength(call.body)),
        }),
  }
}

/** The promise's result, or the signal's reason when that comes first: name resolution cannot be aborted itself. */
function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([promise, aborted])
}

/** Refusals are logged; a server that repeats the token in one must not bring it there. */
function withoutToken(text: string, token: string | undefined): string {
  return token === undefined ? text : text.replaceAll(token, '[token]')
}

/** A reply whose head has come. */
interface Answer {
  readonly incoming: IncomingMessage
  readonly outgoing: ClientRequest
}

function exchange(options: RequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      // Whoever reads it meets the failure; one between now and then must not end the process.
      incoming.on('error', () => undefined)
      resolve({ incoming, outgoing })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function readReply(incoming: IncomingMessage, outgoing: ClientRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > replyBytesMax) outgoing.destroy(tooLarge())
      else chunks.push(chunk)
    })
    outgoing.on('error', reject)
    incoming.on('error', reject)
    incoming.on('end', () => {
      const retryAfter = incoming.headers['retry-after']
      resolve({ status: incoming.statusCode ?? 0, retryAfter, text: Buffer.concat(chunks).toString('utf8') })
    })
  })
}

/** The lines of a reply; the connection ends with whoever reads them. */
async function* linesOf({ incoming, outgoing }: Answer): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of incoming.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > lineCharactersMax) throw tooLarge()
      yield* lines.filter((line) => line !== '')
    }
  } finally {
    outgoing.destroy()
  }
}

const tooLarge = (): GridError =>
  new GridError('kube.failed', `the API server's reply is larger than ${replyBytesMax} bytes`)
