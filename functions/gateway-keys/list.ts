import { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /gateway-keys: the public keys that this gateway signs its calls to controllers with, as a JWK set (RFC 7517). */
export const listGatewayKeys = endpoint(
  get('/gateway-keys', {
    summary: 'List the public keys of the gateway',
    access: 'viewer',
    returns: z.object({ keys: z.array(JsonObject) }),
  }),
  async (ports: Needs<'gatewayKeys'>) => ({ keys: await ports.gatewayKeys.publicKeys() }),
)

export const handler = lambda(listGatewayKeys)
