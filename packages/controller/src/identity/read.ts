import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

const Nonce = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 base64url characters')

/** GET /identity: proves to whoever asks which cluster's controller this is (spec/decisions.md 48). */
export const readIdentity = endpoint(
  get('/identity', {
    summary: 'Prove who this controller is',
    access: 'anyone',
    query: z.object({ nonce: Nonce }),
    returns: z.object({ cluster_id: z.string(), public_key: JsonObject, statement: z.string() }),
  }),
  async ({ settings, identity }: Pick<ControllerPorts, 'settings' | 'identity'>, { query }) => {
    const opened = identity()
    if (!opened) throw new GridError('service.unavailable', 'the identity is not open yet', { retryAfterSeconds: 1 })
    const { clusterId: cluster_id } = settings
    return { cluster_id, public_key: opened.publicKey(), statement: await opened.state(query.nonce) }
  },
)
