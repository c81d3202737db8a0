import { GridError } from '@gridgate/core/errors'
import type { Log } from '@gridgate/core/ports'
import { problem } from '@gridgate/http/problem'

/** What a function answers to API Gateway. */
export interface GatewayReply {
  statusCode: number
  headers?: Record<string, string | string[]> | undefined
  multiValueHeaders?: Record<string, string[]> | undefined
  body: string
  isBase64Encoded: boolean
}

/** Bytes that a body may take in the JSON of a function's answer: Lambda takes 6,291,556, and headers are a few hundred. */
const sentBytesMax = 6_200_000
/** Most bytes that a character takes there; fewer characters than this fit anyhow. */
const bytesOfCharacterMax = 3

/**
 * The same reply in a form that Lambda takes: as text a body's quotes count twice, as base64 everything by a third more. So
 * whatever has 4.6 MB or less can be sent. What cannot is told as a problem, not as Lambda's bare refusal.
 */
export async function fitReply(reply: GatewayReply, log: Log): Promise<GatewayReply> {
  if (reply.body.length * bytesOfCharacterMax <= sentBytesMax) return reply
  if (Buffer.byteLength(JSON.stringify(reply.body)) <= sentBytesMax) return reply
  const body = Buffer.from(reply.body).toString('base64')
  if (body.length <= sentBytesMax) return { ...reply, body, isBase64Encoded: true }
  const { multiValueHeaders, headers = {} } = reply
  const requestId = String(multiValueHeaders?.['x-request-id'] ?? headers['x-request-id'])
  log.error('reply.too_large', { requestId, bytes: body.length })
  const refused = problem(new GridError('internal', 'the answer is larger than can be sent'), requestId)
  return {
    statusCode: refused.status,
    headers: Object.fromEntries(refused.headers),
    body: await refused.text(),
    isBase64Encoded: false,
  }
}
