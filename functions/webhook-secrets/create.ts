import { createWebhookSecret, NewWebhookSecret, WebhookSecret } from '@gridgate/core/alarm/webhook-secret'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /webhook-secrets: makes a secret that webhooks are signed with; it is shown this once. */
export const addWebhookSecret = endpoint(
  post('/webhook-secrets', {
    operation: 'webhook-secrets/create',
    summary: 'Create a webhook secret',
    access: 'network-admin',
    body: NewWebhookSecret,
    returns: WebhookSecret.extend({ secret: z.string().describe('Shown once') }),
    errors: ['webhook_secret.too_many'],
    oneTimeSecret: true,
  }),
  (ports: Needs<'webhookSecrets' | 'trail' | 'clock' | 'ids'>, request) => createWebhookSecret(ports, request.body),
)

export const handler = lambda(addWebhookSecret)
