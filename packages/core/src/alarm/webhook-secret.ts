import { z } from 'zod'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { newWebhookSecret } from './webhook-signature.ts'

/** Most secrets: a delivery is held against each of them. */
export const secretsMax = 50

/** A secret of a webhook as it is told; the secret itself is shown once. */
export const WebhookSecret = z.object({
  secret_id: z.string(),
  name: z.string(),
  created_at: z.string().describe('ISO 8601'),
})
export type WebhookSecret = z.infer<typeof WebhookSecret>

export const NewWebhookSecret = z.strictObject({ name: z.string().min(1).max(100) })

/** Port: secrets of webhooks, kept sealed, because a signature is checked with the secret itself. */
export interface WebhookSecretStore {
  create(entry: WebhookSecret & { secret: string }): Promise<void>
  /** False when it was not there. */
  remove(id: string): Promise<boolean>
  /** In the order of their ids, at most `secretsMax`. */
  list(): Promise<WebhookSecret[]>
  /** With what they seal, for checking a signature. */
  open(): Promise<(WebhookSecret & { secret: string })[]>
}

/** Makes a secret, which is told this once. @throws {GridError} `webhook_secret.too_many` */
export async function createWebhookSecret(
  ports: Needs<'webhookSecrets' | 'trail' | 'clock' | 'ids'>,
  { name }: { name: string },
): Promise<WebhookSecret & { secret: string }> {
  if ((await ports.webhookSecrets.list()).length >= secretsMax)
    throw new GridError('webhook_secret.too_many', `there are ${secretsMax} webhook secrets; remove one first`)
  const entry = { secret_id: ports.ids.next(), name, created_at: ports.clock.now().toISOString() }
  const secret = newWebhookSecret()
  await ports.webhookSecrets.create({ ...entry, secret })
  ports.trail.note({ subject: `webhook-secret ${entry.secret_id}`, before: null, after: entry })
  return { ...entry, secret }
}

/** Ends a secret: what is signed with it is refused from now on. @throws {GridError} `webhook_secret.not_found` */
export async function removeWebhookSecret(
  ports: Needs<'webhookSecrets' | 'trail'>,
  id: string,
): Promise<{ message: string; secret_id: string }> {
  if (!(await ports.webhookSecrets.remove(id)))
    throw new GridError('webhook_secret.not_found', `no webhook secret ${id}`)
  ports.trail.note({ subject: `webhook-secret ${id}`, before: id, after: null })
  return { message: 'Webhook secret deleted', secret_id: id }
}
