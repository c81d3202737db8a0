import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { AwsError, type JsonObject, parseObject } from '../aws/service.ts'
import type { Principal, Principals } from './principals.ts'

type Handler = DynamoDBClient['config']['requestHandler']

/**
 * For clients of functions that run in the embedded cloud's own process: what would go to the endpoint and through it to the
 * database is held against the function's policy here, and goes straight.
 */
export function guardedHandler(principals: Principals, principal: Principal, inner: Handler): Pick<Handler, 'handle'> {
  return {
    handle(request, options) {
      const { body: sent } = request as { body?: string | Uint8Array }
      const body = (): JsonObject => parseObject(typeof sent === 'object' ? viewOf(sent) : Buffer.from(sent ?? ''))
      const call = { target: request.headers['x-amz-target'] ?? '', path: request.path, body }
      try {
        principals.authorize(principal, call)
      } catch (error) {
        // As the client words a refusal that came back over the network.
        if (error instanceof AwsError)
          Object.assign(error, { $fault: 'client', $metadata: { httpStatusCode: error.status } })
        return Promise.reject(error)
      }
      return inner.handle(request, options)
    },
  }
}

/** The same bytes; the client's own array warns of being read as a text. */
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)
