import { Agent, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { AwsRequest } from '../aws/http.ts'
import { AwsError } from '../aws/service.ts'

/** Connections to the database at a time; further requests wait. */
const connectionsMax = 64

/** How long the database may keep a request waiting, in ms. */
const answerMsMax = 60_000

/** Headers that the database needs; the rest concerns the connection or was verified already. */
const forwarded = ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'] as const

/**
 * Hands requests of the DynamoDB protocols on to the database and streams its answers back, over kept connections.
 * @throws {AwsError} InternalServerError while the database cannot be reached; SDKs try again then.
 */
export function dynamoDbForwarder(endpoint: string): {
  prefixes: readonly string[]
  send(request: AwsRequest, response: ServerResponse): Promise<void>
  close(): void
} {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  return {
    prefixes: ['DynamoDB_20120810', 'DynamoDBStreams_20120810'],
    async send(request, response) {
      const answer = await ask(agent, endpoint, request)
      const headers = { ...answer.headers }
      for (const name of ['connection', 'keep-alive', 'x-amzn-requestid']) delete headers[name]
      response.writeHead(answer.statusCode ?? 500, headers)
      // An answer that breaks off midway must break off for the caller too: pipeline destroys the response then.
      await pipeline(answer, response).catch(() => {})
    },
    close: () => agent.destroy(),
  }
}

function ask(agent: Agent, endpoint: string, request: AwsRequest): Promise<IncomingMessage> {
  const headers: Record<string, string | number> = { 'content-length': request.body.length }
  for (const name of forwarded) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers, signal: request.gone, timeout: answerMsMax }
    const asked = send(endpoint, options, resolve)
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.once('error', (cause) =>
      reject(new AwsError('InternalServerError', `the embedded DynamoDB is away: ${cause.message}`, { status: 500 })),
    )
    asked.end(request.body)
  })
}
