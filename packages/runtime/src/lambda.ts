import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import { handle, type LambdaContext } from 'hono/aws-lambda'
import { compose } from './compose.ts'
import { gatewayEvent } from './gateway-event.ts'

type LambdaHandler = (event: unknown, context?: LambdaContext) => Promise<unknown>

/**
 * Makes an endpoint a Lambda function. Its ports are built on the first call, so importing the file does nothing. Whatever an
 * endpoint answers is text, so none of it goes as base64.
 */
export function lambda<P extends Partial<Ports>>(endpoint: Endpoint<P>): LambdaHandler {
  let app: ReturnType<typeof handle> | undefined
  return (event, context) => {
    app ??= handle(endpoint.app(compose() as unknown as P & Ports), { isContentTypeBinary: () => false })
    return app(gatewayEvent(event), context)
  }
}
