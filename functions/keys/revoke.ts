import { revokeKey } from '@gridgate/core/auth/revoke-key'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /keys/{key_id}: ends an API key; calls with it are refused within 10 seconds everywhere. */
export const endKey = endpoint(
  del('/keys/{key_id}', {
    operation: 'keys/revoke',
    summary: 'Revoke an API key',
    access: 'network-admin',
    params: z.object({ key_id: z.string().max(64) }),
    returns: z.object({ message: z.string(), key_id: z.string() }),
    errors: ['key.not_found', 'key.last_admin'],
  }),
  (ports: Needs<'keys' | 'trail' | 'clock'>, request) => revokeKey(ports, request.params.key_id, request),
)

export const handler = lambda(endKey)
