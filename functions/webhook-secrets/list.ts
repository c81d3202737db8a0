import { WebhookSecret } from '@gridgate/core/alarm/webhook-secret'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /webhook-secrets: which secrets there are, never the secrets themselves. At most 50. */
export const getWebhookSecrets = endpoint(
  get('/webhook-secrets', {
    summary: 'List webhook secrets',
    access: 'network-admin',
    returns: z.array(WebhookSecret),
  }),
  (ports: Needs<'webhookSecrets'>) => ports.webhookSecrets.list(),
)

export const handler = lambda(getWebhookSecrets)
