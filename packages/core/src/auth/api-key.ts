import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '../caller.ts'
import type { Needs } from '../ports.ts'

/** Bytes of the secret part; its text is longer. */
const secretBytes = 32

/** A new key as it is shown, once: `gg_<id>_<secret>`. Only its hash is kept (spec/decisions.md 43). */
export async function createApiKey(
  ports: Needs<'keys' | 'clock'>,
  wanted: { name: string; role: Role; clusters: readonly string[] | '*'; expiresAt: string | null },
): Promise<{ keyId: string; key: string }> {
  const keyId = randomBytes(6).toString('hex')
  const key = `gg_${keyId}_${randomBytes(secretBytes).toString('base64url')}`
  await ports.keys.create({ keyId, hash: hashApiKey(key), createdAt: ports.clock.now().toISOString(), ...wanted })
  return { keyId, key }
}

/** A key has 256 random bits, so a plain digest is enough to keep it by. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/** The key in an Authorization header: as bearer token, or as HTTP Basic password for old clients (spec/decisions.md 27). */
export function keyFromHeader(authorization: string): string | null {
  const [scheme = '', value = '', ...more] = authorization.trim().split(/\s+/)
  if (more.length > 0) return null
  if (scheme.toLowerCase() === 'bearer') return value || null
  if (scheme.toLowerCase() !== 'basic') return null
  const [, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return password.join(':') || null
}
