import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'

/** GET /healthz: the process answers. */
export const readHealth = endpoint(
  get('/healthz', { summary: 'Is it alive?', access: 'anyone', returns: z.object({ status: z.literal('ok') }) }),
  () => ({ status: 'ok' }),
)
