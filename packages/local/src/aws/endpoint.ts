import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Principals } from '../iam/principals.ts'
import { admit } from './admission.ts'
import { type AwsRequest, errorReply, jsonReply, type Reply } from './http.ts'
import type { Log } from './log.ts'

import { AwsError, type AwsService, parseObject, unknownOperation } from './service.ts'

/** Largest request body that any service takes, in bytes (DynamoDB's BatchWriteItem). */
const bodyBytesMax = 16 * 2 ** 20

/** How long an idle connection is kept, in ms: longer than SDK agents do, so that they never write to a closed one. */
const keepAliveMsMax = 75_000

/** The services behind one endpoint, by the prefix of their `X-Amz-Target` header. */
export type Services = Readonly<Record<string, AwsService>>

export interface EndpointOptions {
  /** Whose signatures are accepted, and for what; without them, every caller on this machine is: for tests only. */
  principals?: Pick<Principals, 'find' | 'authorize'>
  /** Answers what a REST service takes, or null for a path that is not its own (Lambda). */
  rest?: (request: AwsRequest) => Promise<Reply> | null
  /** Takes whole requests of the services named by a prefix and writes the answer itself (DynamoDB). */
  forward?: { prefixes: readonly string[]; send(request: AwsRequest, response: ServerResponse): Promise<void> }
  /** Milliseconds since 1970, against which signing times are held. */
  now?: () => number
  log?: Log
}

/**
 * One HTTP endpoint for all services, as AWS SDKs, botocore and the CLI call them with `AWS_ENDPOINT_URL`. It answers
 * callers on this machine only, and only under a loopback name, so that no web page reaches it by a rebound DNS name.
 * The caller listens on it: `listen(port, '127.0.0.1')`.
 */
export function awsEndpoint(services: Services, options: EndpointOptions = {}): Server {
  const server = createServer({ keepAlive: true, keepAliveTimeout: keepAliveMsMax }, (request, response) => {
    response.setHeader('x-amzn-requestid', randomUUID())
    serve(services, options, request, response).catch((error: unknown) => {
      if (!(error instanceof AwsError) && !response.destroyed) options.log?.('aws.failed', { reason: reasonOf(error) })
      send(response, errorReply(error, protocolOf(request)))
    })
  })
  return server
}

async function serve(
  services: Services,
  options: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const verified = admit(request, await readBody(request), goneWith(response), options)
  const [prefix = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')

  if (options.forward?.prefixes.includes(prefix)) return options.forward.send(verified, response)
  const rest = prefix === '' ? options.rest?.(verified) : undefined
  if (rest) return send(response, await rest)
  const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined
  if (!service) throw unknownCall(request, verified.body, `${prefix}.${operation}`)
  send(response, jsonReply(await service.call(operation, parseObject(verified.body), verified.gone)))
}

/** What nobody takes: an operation by header, an action of the older query protocol, or a path. */
function unknownCall(request: IncomingMessage, body: Buffer, target: string): AwsError {
  switch (protocolOf(request)) {
    case 'json':
      return unknownOperation(target)
    case 'query': {
      const action = new URLSearchParams(body.toString('utf8')).get('Action')
      return new AwsError('InvalidAction', `${action} is not supported by the embedded cloud`)
    }
    case 'rest':
      return new AwsError('UnknownOperationException', `${request.method} ${request.url} is not supported`, {
        status: 404,
      })
  }
}

function protocolOf(request: IncomingMessage): 'json' | 'rest' | 'query' {
  if (request.headers['x-amz-target']) return 'json'
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? 'query' : 'rest'
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new AwsError('RequestEntityTooLargeException', 'request too large', { status: 413 })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Fires when the connection closes before the answer is written. */
function goneWith(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  response.end(reply.body)
}

const reasonOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
