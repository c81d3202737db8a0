import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import { handle } from 'hono/aws-lambda'
import { compose } from './compose.ts'

type LambdaHandler = ReturnType<typeof handle>

/** Makes an endpoint a Lambda function. Its ports are built on the first call, so importing the file does nothing. */
export function lambda<P extends Partial<Ports>>(endpoint: Endpoint<P>): LambdaHandler {
  let app: LambdaHandler | undefined
  return (event, context) => {
    app ??= handle(endpoint.app(compose() as unknown as P & Ports))
    return app(event, context)
  }
}
