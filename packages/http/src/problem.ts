import { type ErrorCode, GridError } from '@gridgate/core/errors'
import type { z } from 'zod'
import { escapePointer } from './parse-json.ts'

/** Most problems of one body that are told; more would not help anybody. */
const problemsMax = 50

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** What a refused credential is told beside the scheme (RFC 6750 §3): nothing where there was none. */
const challenges: Partial<Record<ErrorCode, string>> = {
  'auth.missing': '',
  'auth.invalid': ', error="invalid_token"',
  'auth.forbidden': ', error="insufficient_scope"',
}

/** The one reply for every failure: RFC 9457, plus the members old clients read (DESIGN.md decision 1). */
export function problem(
  error: unknown,
  requestId: string,
  members: (error: GridError) => Record<string, unknown> = () => ({}),
): Response {
  const known = error instanceof GridError ? error : new GridError('internal', 'something went wrong on our side')
  const body = {
    type: `urn:gridgate:error:${known.code}`,
    title: titles[known.status] ?? 'Error',
    status: known.status,
    detail: known.message,
    code: known.code,
    request_id: requestId,
    ...(known.details ? { details: known.details } : {}),
    success: false,
    message: known.message,
    ...members(known),
  }
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'x-request-id': requestId,
    ...known.headers,
  })
  if (known.retryAfterSeconds !== undefined) headers.set('retry-after', String(known.retryAfterSeconds))
  const challenge = challenges[known.code]
  if (challenge !== undefined) headers.set('www-authenticate', `Bearer realm="gridgate"${challenge}`)
  return new Response(JSON.stringify(body), { status: known.status, headers })
}

/** Turns what a schema found wrong into one 400 with a JSON pointer for each problem. */
export function invalid(where: 'body' | 'query' | 'path', error: z.ZodError): GridError {
  const problems = error.issues.slice(0, problemsMax).map((issue) => ({
    in: where,
    pointer: issue.path.map((step) => `/${escapePointer(String(step))}`).join(''),
    detail: issue.message,
  }))
  const first = problems[0]
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  return new GridError(
    'request.invalid',
    `the ${where} is not valid: ${first?.pointer || '/'} ${first?.detail}${more}`,
    {
      details: { problems },
    },
  )
}
