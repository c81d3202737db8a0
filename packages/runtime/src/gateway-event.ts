import type { LambdaEvent } from 'hono/aws-lambda'

/** What an HTTP API's path may not hold as it stands: it comes decoded, and would be read as the beginning of something else. */
const unsafe = /[^\x21-\x7e]|[?#\\"<>^`{|}]|%(?![\da-f]{2})/giu

/**
 * An event of API Gateway (payload format 2.0) so that a web request can be made of it:
 * - the name of a stage other than `$default` stands before its path, unless a custom domain hides it,
 * - its path is decoded; what was encoded in it is so again, and what is still encoded stays,
 * - a GET may come with a body, which a request must not have,
 * - what is no base64 though it says so is read as far as it is.
 */
export function gatewayEvent(event: LambdaEvent): LambdaEvent {
  if (!('rawPath' in event)) return event
  const { stage, http } = event.requestContext
  const path = withoutStage(event.rawPath, stage).toWellFormed()
  const rawPath = path.replaceAll(unsafe, (sign) => encodeURIComponent(sign))
  return { ...event, rawPath, body: bodyOf(event.body, http.method, event.isBase64Encoded) }
}

function bodyOf(body: string | null | undefined, method: string, isBase64: boolean): string | null {
  if (!body || method === 'GET' || method === 'HEAD') return null
  return isBase64 ? Buffer.from(body, 'base64').toString('base64') : body
}

function withoutStage(path: string, stage: string): string {
  if (stage === '$default' || stage === '') return path
  if (path === `/${stage}`) return '/'
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path
}
