import { removeWebhookSecret } from '@gridgate/core/alarm/webhook-secret'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /webhook-secrets/{secret_id}: ends a secret; what is signed with it is refused from now on. */
export const deleteWebhookSecret = endpoint(
  del('/webhook-secrets/{secret_id}', {
    operation: 'webhook-secrets/delete',
    summary: 'Remove a webhook secret',
    access: 'network-admin',
    params: z.object({ secret_id: z.string().max(64) }),
    returns: z.object({ message: z.string(), secret_id: z.string() }),
    errors: ['webhook_secret.not_found'],
  }),
  (ports: Needs<'webhookSecrets' | 'trail'>, request) => removeWebhookSecret(ports, request.params.secret_id),
)

export const handler = lambda(deleteWebhookSecret)
