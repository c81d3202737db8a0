import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How far a delivery's time may be from ours, in seconds (Standard Webhooks, "Verifying webhook authenticity"). */
export const toleranceSecondsMax = 300
/** Signatures of one delivery that are looked at. */
const signaturesMax = 10
/** Bytes of a secret: the recommendation is 24 to 64. */
const secretBytes = 32
const secretBytesMin = 24
const secretBytesMax = 64

/** The three headers of a delivery, and its body as it came. */
export interface Delivery {
  id: string
  timestamp: string
  signatures: string
  text: string
}

/** A new secret, as it is shown. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(secretBytes).toString('base64')}`

/** The bytes of a secret as it is shown; null for what is none. */
export function secretKey(secret: string): Buffer | null {
  const [, text] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const key = Buffer.from(text ?? '', 'base64')
  return key.length >= secretBytesMin && key.length <= secretBytesMax ? key : null
}

/** Claims that the delivery's time is near enough; it is signed too. */
export function isFresh({ timestamp }: Delivery, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false
  return Math.abs(now.getTime() / 1000 - Number(timestamp)) <= toleranceSecondsMax
}

type Signed = Pick<Delivery, 'id' | 'timestamp' | 'text'>

const macOf = ({ id, timestamp, text }: Signed, key: Buffer): Buffer =>
  createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest()

/** The headers of a delivery of ours, signed at that moment; null where the secret is none. */
export function signedHeaders(
  { id, text, at }: { id: string; text: string; at: Date },
  secret: string,
): Record<string, string> | null {
  const key = secretKey(secret)
  if (!key) return null
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signature = macOf({ id, timestamp, text }, key).toString('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

/** Claims that one of the delivery's signatures was made with the secret. */
export function isSignedWith({ signatures, ...signed }: Delivery, secret: string): boolean {
  const key = secretKey(secret)
  if (!key) return false
  const wanted = macOf(signed, key)
  return signatures
    .split(' ')
    .slice(0, signaturesMax)
    .some((given) => {
      const [version, value = ''] = given.split(',')
      const bytes = Buffer.from(value, 'base64')
      return version === 'v1' && bytes.length === wanted.length && timingSafeEqual(bytes, wanted)
    })
}
