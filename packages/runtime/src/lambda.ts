import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import { handle, type LambdaContext } from 'hono/aws-lambda'
import { compose } from './compose.ts'
import { gatewayEvent } from './gateway-event.ts'
import { fitReply } from './lambda-reply.ts'

type LambdaHandler = (event: unknown, context?: LambdaContext) => Promise<unknown>

/**
 * Makes an endpoint a Lambda function. Its ports are built on the first call, so importing the file does nothing. Whatever an
 * endpoint answers is text, so only what is too large as text goes as base64.
 */
export function lambda<P extends Partial<Ports>>(endpoint: Endpoint<P>): LambdaHandler {
  let app: LambdaHandler | undefined
  return (event, context) => {
    app ??= open(endpoint)
    return app(event, context)
  }
}

function open<P extends Partial<Ports>>(endpoint: Endpoint<P>): LambdaHandler {
  const ports = compose()
  const app = handle(endpoint.app(ports as unknown as P & Ports), { isContentTypeBinary: () => false })
  return async (event, context) => fitReply(await app(gatewayEvent(event), context), ports.log)
}
