import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
/** 96 random bits: the nonce that GCM is made for (NIST SP 800-38D §8.2.2). */
const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM under a key of 32 bytes: nonce, tag, text. The context is authenticated with the text. */
export function sealWith(key: Uint8Array, plain: Uint8Array, context: Readonly<Record<string, string>>): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(additional(context))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** Null when the text was not sealed with this key under this context. */
export function openWith(
  key: Uint8Array,
  sealed: Uint8Array,
  context: Readonly<Record<string, string>>,
): Buffer | null {
  if (sealed.byteLength < nonceBytes + tagBytes) return null
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(additional(context)).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])
  } catch {
    return null
  }
}

/** One text for one context, whatever the order of its members. */
const additional = (context: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))
