import type { LambdaEvent } from 'hono/aws-lambda'

/** What an HTTP API's path may not hold as it stands: it comes decoded, and would be read as the beginning of something else. */
const unsafe = /[^\x21-\x7e]|[?#\\"<>^`{|}]|%(?![\da-f]{2})/giu

/** The methods that a route can have. */
const methods: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** What a header may be called, and what its value may not hold (RFC 9110 §5.1, §5.5). */
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
const noHeaderValue = /[\0\r\n]/

/** What an event holds of what is looked at, if anything: somebody's trial may be without. */
interface Given {
  version?: unknown
  rawPath?: unknown
  path?: unknown
  routeKey?: unknown
  headers?: object | null
  multiValueHeaders?: object | null
  body?: unknown
  isBase64Encoded?: unknown
  httpMethod?: unknown
  requestContext?: { stage?: unknown; http?: { method?: unknown } | null } | null
}

/** An event that is no HTTP request asks for what is not there. */
const nothing = { version: '2.0', rawPath: '/', headers: {}, requestContext: { http: { method: 'GET' } } }

/**
 * An event of API Gateway (payload format 2.0, or 1.0) so that a web request can be made of it:
 * - the name of a stage other than `$default` stands before its path, unless a custom domain hides it,
 * - its path is decoded; what was encoded in it is so again, and what is still encoded stays,
 * - a GET may come with a body, which a request must not have,
 * - what is no base64 though it says so is read as far as it is,
 * - a header may be empty, which is not the same as none; cookies, which nothing here reads, may hold what no header may.
 */
export function gatewayEvent(event: unknown): LambdaEvent {
  const given = (typeof event === 'object' && event !== null ? event : {}) as Given
  const isFormatTwo = typeof given.rawPath === 'string'
  const path = isFormatTwo ? given.rawPath : given.path
  const method = isFormatTwo ? given.requestContext?.http?.method : given.httpMethod
  if (typeof path !== 'string' || !methods.has(method)) return nothing as unknown as LambdaEvent
  const isRead = method === 'GET' || method === 'HEAD'
  return {
    ...given,
    [isFormatTwo ? 'rawPath' : 'path']: webPath(path, given),
    headers: headersOf(given.headers),
    ...(given.multiValueHeaders ? { multiValueHeaders: headersOf(given.multiValueHeaders) } : {}),
    cookies: undefined,
    body: isRead ? null : bodyOf(given),
  } as unknown as LambdaEvent
}

function bodyOf({ body, isBase64Encoded }: Given): string | null {
  if (typeof body !== 'string' || body === '') return null
  return isBase64Encoded ? Buffer.from(body, 'base64').toString('base64') : body
}

/** The adapter passes over a header without a value; with a blank it does not, and a request has none at its value's ends. */
const headersOf = (headers: object | null | undefined): object =>
  Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) =>
      headerName.test(name) && !noHeaderValue.test(String(value)) ? [[name, value === '' ? ' ' : value]] : [],
    ),
  )

function webPath(path: string, { version, routeKey, requestContext }: Given): string {
  const stage = requestContext?.stage
  // A REST API's events have no version, and no stage in their path.
  const isStaged = typeof stage === 'string' && stage !== '$default' && stage !== '' && version !== undefined
  const bare = isStaged && !isOfRoute(path, routeKey) ? withoutStage(path, stage) : path
  return bare.toWellFormed().replaceAll(unsafe, (sign) => encodeURIComponent(sign))
}

/** Claims that this is the whole path of a route, so that its first segment is no stage, whatever that is called. */
function isOfRoute(path: string, routeKey: unknown): boolean {
  const route = typeof routeKey === 'string' ? routeKey.split(' ')[1]?.split('/') : undefined
  const segments = path.split('/')
  return route?.length === segments.length && route.every((part, at) => part.startsWith('{') || part === segments[at])
}

function withoutStage(path: string, stage: string): string {
  if (path === `/${stage}`) return '/'
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path
}
