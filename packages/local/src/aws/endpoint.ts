import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AwsError, type AwsService, type Json, type JsonObject } from './service.ts'

/** Largest request body that any service takes, in bytes (DynamoDB's BatchWriteItem). */
const bodyBytesMax = 16 * 2 ** 20

/** The services behind one endpoint, by the prefix of their `X-Amz-Target` header. */
export type Services = Readonly<Record<string, AwsService>>

/** Serves all given services on one HTTP endpoint, as the AWS SDKs call them with `AWS_ENDPOINT_URL`. */
export function awsEndpoint(services: Services): Server {
  return createServer((request, response) => {
    answer(services, request).then(
      (body) => reply(response, 200, body),
      (error: unknown) => replyError(response, error),
    )
  })
}

async function answer(services: Services, request: IncomingMessage): Promise<JsonObject> {
  const [prefix = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
  const text = await readBody(request)
  const service = services[prefix]
  if (!service) throw new AwsError('UnknownOperationException', `no service takes ${prefix}.${operation}`)
  return service.call(operation, parseObject(text))
}

function parseObject(text: string): JsonObject {
  let value: Json
  try {
    value = text === '' ? {} : (JSON.parse(text) as Json)
  } catch {
    throw new AwsError('SerializationException', 'the request body is not JSON')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new AwsError('SerializationException', 'the request body is not a JSON object')
  return value
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new AwsError('RequestEntityTooLargeException', 'request too large', { status: 413 })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reply(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
}

function replyError(response: ServerResponse, error: unknown): void {
  const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'internal failure', { status: 500 })
  reply(response, known.status, { __type: known.code, message: known.message, ...known.members })
}
