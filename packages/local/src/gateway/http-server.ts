import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { GridError } from '@gridgate/core/errors'
import { problem } from '@gridgate/http/problem'
import { getRequestListener, RequestError } from '@hono/node-server'

/** Longest time for a whole request to arrive, in milliseconds. */
const requestMsMax = 30_000
const headersMsMax = 10_000
const idleConnectionMsMax = 60_000
/** How often it is looked whether a request takes too long, in milliseconds. */
const checkMsMax = 2_000
const connectionsMax = 2000

/** Answers a request; the environment carries the socket. */
export type Answer = (request: Request, env: object) => Response | Promise<Response>

/**
 * An HTTP server whose every reply is the API's own: also what is no HTTP, or too slow, never gets as far as `answer`, and is
 * still told as a problem (DESIGN.md decision 1).
 */
export function httpServer(answer: Answer): Server {
  const listener = getRequestListener(answer, { errorHandler: (error) => refusal(error) })
  const server = createServer(
    {
      requestTimeout: requestMsMax,
      headersTimeout: headersMsMax,
      keepAliveTimeout: idleConnectionMsMax,
      connectionsCheckingInterval: checkMsMax,
      requireHostHeader: false, // the listener looks itself, and tells it as a problem
    },
    listener,
  )
  server.maxConnections = connectionsMax
  // An expectation that is not known may be ignored (RFC 9110 §10.1.1); the default reply would have no body.
  server.on('checkExpectation', listener)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => end(socket, error))
  server.on('connect', (_request, socket) => end(socket, new RequestError('tunnels are not offered')))
  return server
}

/** Why a connection's bytes are no request, by the codes of Node's parser. */
function refusal(error: unknown): Response {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (error instanceof RequestError || code?.startsWith('HPE_')) {
    if (code === 'HPE_HEADER_OVERFLOW')
      return problem(new GridError('request.headers_too_large', 'the headers are too large'), randomUUID())
    return problem(new GridError('request.malformed_http', 'the request is not valid HTTP'), randomUUID())
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return problem(new GridError('request.too_slow', 'the request took too long to arrive'), randomUUID())
  return problem(error, randomUUID())
}

/** Writes the refusal by hand, because there is no request to answer, and closes. */
async function end(socket: Duplex, error: NodeJS.ErrnoException): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const reply = refusal(error)
  const body = Buffer.from(await reply.arrayBuffer())
  const headers = { ...Object.fromEntries(reply.headers), 'content-length': body.length, connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${reply.status} \r\n${lines.join('')}\r\n`), body]))
}
