import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { gzipSync } from 'node:zlib'
import type { ApiContext } from './api/context.ts'
import { dispatch, openReply } from './api/dispatch.ts'
import type { ApiReply } from './api/request.ts'
import { authenticate } from './auth/authenticate.ts'
import type { Certificates } from './auth/certificates.ts'
import type { FaultInjector } from './faults.ts'
import { StatusError } from './status-error.ts'

/** Largest body, as in the real API server. */
const bodyBytesMax = 3 * 2 ** 20
/** Replies above this are sent compressed to clients that take it. */
const gzipBytesMin = 128 * 1024
/** A connection that nobody used for so long is closed, in milliseconds, as in the real API server. */
const idleMsMax = 90_000

export interface ServerOptions {
  context: ApiContext
  certificates: Certificates
  faults: FaultInjector
  /** Called once per answered request. */
  onRequest?: ((line: { method: string; path: string; user: string; status: number }) => void) | undefined
  /** Called for an error that is not an answer: a defect. */
  onError: (error: unknown) => void
}

/** The HTTPS server of the simulated API. Client certificates of its own authority are accepted, none is demanded. */
export function kubeServer(options: ServerOptions): Server {
  const { authority, server } = options.certificates
  const tls = {
    key: server.key,
    cert: server.certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  }
  return createServer({ ...tls, keepAliveTimeout: idleMsMax }, (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.onError(error)
      response.destroy()
    })
  })
}

async function serve(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const line = { method: request.method ?? 'GET', path: request.url ?? '/', user: '', status: 0 }
  try {
    if (await options.faults.strike(request, response)) return
    const reply = await answer(options, request, line)
    if ('stream' in reply) reply.stream(response)
    else send(request, response, reply)
  } catch (error) {
    const known =
      error instanceof StatusError
        ? error
        : new StatusError(500, 'InternalError', 'an error on the server prevented the request from succeeding')
    if (known !== error) options.onError(error)
    if (response.headersSent) response.destroy()
    else send(request, response, { status: known.code, body: known.toStatus() }, known.details?.retryAfterSeconds)
  }
  options.onRequest?.({ ...line, status: response.statusCode })
}

async function answer({ context }: ServerOptions, request: IncomingMessage, line: { user: string }): Promise<ApiReply> {
  const url = new URL(request.url ?? '/', 'https://simulated')
  const method = request.method ?? 'GET'
  const open = openReply(method, url.pathname)
  if (open) return open
  const { objects, tokens } = context
  const user = authenticate(request, tokens, objects.store, objects.clock.now())
  line.user = user.name
  return dispatch(context, {
    method,
    path: url.pathname,
    query: url.searchParams,
    accept: request.headers.accept ?? '',
    contentType: request.headers['content-type'] ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    body: await readBody(request),
    user,
  })
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax)
      throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Exclude<ApiReply, { stream: unknown }>,
  retryAfterSeconds?: number,
): void {
  const text = 'text' in reply ? reply.text : JSON.stringify(reply.body)
  const warnings = 'body' in reply ? (reply.warnings ?? []) : []
  const headers: Record<string, string | string[]> = {
    'content-type': 'text' in reply ? reply.contentType : 'application/json',
    'cache-control': 'no-cache, private',
  }
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds)
  if (warnings.length > 0) headers.warning = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`)
  const isLarge = text.length > gzipBytesMin && String(request.headers['accept-encoding'] ?? '').includes('gzip')
  if (isLarge) headers['content-encoding'] = 'gzip'
  response.writeHead(reply.status, headers).end(isLarge ? gzipSync(text) : text)
}
