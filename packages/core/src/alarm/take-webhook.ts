import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { parseWebhook } from './parse-webhook.ts'
import { type Taken, type TakePorts, takeAlarms } from './take-alarms.ts'
import { type Delivery, isFresh, isSignedWith } from './webhook-signature.ts'

/** Longest id of a delivery, in characters. */
const idCharactersMax = 256

type WebhookPorts = TakePorts & Needs<'alarmTrust' | 'webhookSecrets'>

/**
 * Takes a signed webhook (Standard Webhooks).
 * @param header gives a header of the delivery
 * @throws {GridError} `auth.missing`, `auth.invalid`; as `takeAlarms`
 */
export async function takeWebhook(
  ports: WebhookPorts,
  { body, text, header }: { body: unknown; text: string; header: (name: string) => string | null },
): Promise<Taken> {
  const secret = await signerOf(ports, deliveryOf(header, text))
  return takeAlarms(ports, parseWebhook(body), { id: `webhook:${secret}`, clusters: '*' })
}

function deliveryOf(header: (name: string) => string | null, text: string): Delivery {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header)
  if (!id || !timestamp || !signatures)
    throw new GridError('auth.missing', 'the headers webhook-id, webhook-timestamp and webhook-signature are required')
  if (id.length > idCharactersMax) throw new GridError('auth.invalid', 'the webhook-id is too long')
  return { id, timestamp, signatures, text }
}

/** The id of the secret that signed. @throws {GridError} `auth.invalid` */
async function signerOf(ports: WebhookPorts, delivery: Delivery): Promise<string> {
  if (!isFresh(delivery, ports.clock.now()))
    throw new GridError('auth.invalid', 'the webhook-timestamp is too far from our time')
  if (ports.alarmTrust.webhookSecrets.some((secret) => isSignedWith(delivery, secret))) return 'configured'
  const secrets = await ports.webhookSecrets.open()
  const signer = secrets.find(({ secret }) => isSignedWith(delivery, secret))
  if (!signer) throw new GridError('auth.invalid', 'the webhook-signature is not made with any secret that is known')
  return signer.secret_id
}
