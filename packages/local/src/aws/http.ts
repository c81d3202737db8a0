import type { IncomingHttpHeaders } from 'node:http'
import { AwsError, type JsonObject } from './service.ts'

/** A request whose body was read and whose sender was admitted. */
export interface AwsRequest {
  method: string
  /** Path and query as sent. */
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** Fires when the caller hangs up. */
  gone: AbortSignal
}

/** What goes back to a caller of the endpoint. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** A success in the AWS JSON 1.0 protocol. */
export const jsonReply = (body: JsonObject): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
})

/** A failure as the protocol of the request words it. What is not an AwsError is told bare. */
export function errorReply(error: unknown, protocol: 'json' | 'rest' | 'query'): Reply {
  const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'internal failure', { status: 500 })
  if (protocol === 'query') return queryError(known)
  if (protocol === 'rest') return restError(known)
  return {
    status: known.status,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      ...(known.queryCode ? { 'x-amzn-query-error': `${known.queryCode};${faultOf(known)}` } : {}),
    },
    body: JSON.stringify({ __type: known.code, message: known.message, ...known.members }),
  }
}

const faultOf = (error: AwsError): 'Sender' | 'Receiver' => (error.status < 500 ? 'Sender' : 'Receiver')

function restError(error: AwsError): Reply {
  const type = error.status < 500 ? 'User' : 'Service'
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Type: type, Message: error.message, message: error.message, ...error.members }),
  }
}

function queryError(error: AwsError): Reply {
  const detail = `<Type>${faultOf(error)}</Type><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message>`
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error>${detail}</Error></ErrorResponse>`,
  }
}

const escapeXml = (text: string): string => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`)
