import { NewApiKey } from '@gridgate/core/auth/api-key'
import { createKey } from '@gridgate/core/auth/create-key'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /keys: makes an API key for a person or a program; it is shown this once. */
export const addKey = endpoint(
  post('/keys', {
    operation: 'keys/create',
    summary: 'Create an API key',
    access: 'network-admin',
    body: NewApiKey,
    returns: z.object({ key_id: z.string(), key: z.string().describe('Shown once') }),
    errors: ['key.too_many'],
    oneTimeSecret: true,
  }),
  async (ports: Needs<'keys' | 'trail' | 'clock'>, request) =>
    new Reply(await createKey(ports, request.body), { headers: { 'cache-control': 'no-store' } }),
)

export const handler = lambda(addKey)
