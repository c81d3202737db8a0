import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /gateway-keys/rotate: makes a new signing key; controllers learn it with their next heartbeats (spec/decisions.md 45). */
export const rotateGatewayKey = endpoint(
  post('/gateway-keys/rotate', {
    operation: 'gateway-keys/rotate',
    summary: 'Change the signing key of the gateway',
    access: 'network-admin',
    returns: z.object({ kid: z.string() }),
    errors: ['gateway_key.rotating'],
  }),
  async (ports: Needs<'gatewayKeys' | 'log'>, { caller, requestId }) => {
    const kid = await ports.gatewayKeys.rotate()
    ports.log.info('gateway_key.rotated', { kid, callerId: caller.id, requestId })
    return { kid }
  },
)

export const handler = lambda(rotateGatewayKey)
