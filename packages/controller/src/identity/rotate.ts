import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/**
 * POST /keys/rotate: makes the key that is to follow. The old one goes on signing until the gateway has enrolled the new
 * one, which the next heartbeat brings it (spec/decisions.md 45).
 */
export const rotateKey = endpoint(
  post('/keys/rotate', {
    summary: "Change the controller's key",
    access: 'service',
    returns: z.object({ next_key: JsonObject }),
  }),
  async ({ identity }: Pick<ControllerPorts, 'identity'>) => {
    const opened = identity()
    if (!opened) throw new GridError('service.unavailable', 'the identity is not open yet', { retryAfterSeconds: 1 })
    return { next_key: await opened.beginRotation() }
  },
)
