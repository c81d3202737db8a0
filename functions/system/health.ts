import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /healthz: the process is alive; says nothing about what it needs. */
export const readHealth = endpoint(
  get('/healthz', {
    summary: 'Is the service alive?',
    access: 'anyone',
    returns: z.object({ status: z.literal('ok') }),
  }),
  () => ({ status: 'ok' }),
)

export const handler = lambda(readHealth)
