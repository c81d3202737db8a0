import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import { auditChange } from '../policy/audit-change.ts'
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

interface Request {
  caller: Caller
  requestId: string
}

/** Makes a secret, which is told this once. @throws {GridError} `webhook_secret.too_many` */
export async function createWebhookSecret(
  ports: Needs<'webhookSecrets' | 'audit' | 'clock' | 'ids'>,
  { name }: { name: string },
  { caller, requestId }: Request,
): Promise<WebhookSecret & { secret: string }> {
  if ((await ports.webhookSecrets.list()).length >= secretsMax)
    throw new GridError('webhook_secret.too_many', `there are ${secretsMax} webhook secrets; remove one first`)
  const entry = { secret_id: ports.ids.next(), name, created_at: ports.clock.now().toISOString() }
  const secret = newWebhookSecret()
  await ports.webhookSecrets.create({ ...entry, secret })
  await auditChange(ports, { ...changeOf('create', entry.secret_id, caller, requestId), before: null, after: entry })
  return { ...entry, secret }
}

/** Ends a secret: what is signed with it is refused from now on. @throws {GridError} `webhook_secret.not_found` */
export async function removeWebhookSecret(
  ports: Needs<'webhookSecrets' | 'audit' | 'clock'>,
  id: string,
  { caller, requestId }: Request,
): Promise<{ message: string; secret_id: string }> {
  if (!(await ports.webhookSecrets.remove(id)))
    throw new GridError('webhook_secret.not_found', `no webhook secret ${id}`)
  await auditChange(ports, { ...changeOf('remove', id, caller, requestId), before: id, after: null })
  return { message: 'Webhook secret deleted', secret_id: id }
}

const changeOf = (what: string, id: string, caller: Caller, requestId: string) => ({
  operation: `webhook_secret.${what}`,
  subject: `webhook-secret ${id}`,
  caller,
  requestId,
})
