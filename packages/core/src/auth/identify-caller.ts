import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { hashApiKey, keyFromHeader } from './api-key.ts'
import type { Authenticator } from './authenticator.ts'
import type { StoredKey } from './key-store.ts'

/** A known key is not looked up again for this long, so a revoked one works at most that much longer. */
const keySecondsMax = 10
const knownKeysMax = 1000

const keyless: Caller = { id: 'insecure', role: 'network-admin', clusters: '*' }

/**
 * Tells callers apart by API key. With `insecure`, a call from this machine without any credential acts as network admin;
 * a wrong credential is always refused (spec/decisions.md 7).
 */
export function keyAuthenticator(ports: Needs<'keys' | 'clock'>, options: { insecure: boolean }): Authenticator {
  const known = new Map<string, { key: StoredKey; until: number }>()

  const find = async (hash: string, now: number): Promise<StoredKey | null> => {
    const cached = known.get(hash)
    if (cached && cached.until > now) return cached.key
    const key = await ports.keys.findByHash(hash)
    known.delete(hash)
    if (!key) return null
    if (known.size >= knownKeysMax) known.delete(known.keys().next().value ?? '')
    known.set(hash, { key, until: now + keySecondsMax * 1000 })
    return key
  }

  return {
    async identify({ authorization, fromThisMachine }) {
      if (authorization === null) {
        if (options.insecure && fromThisMachine) return keyless
        throw new GridError('auth.missing', 'no credential: send the header Authorization: Bearer <key>')
      }
      const secret = keyFromHeader(authorization)
      const now = ports.clock.now().getTime()
      const key = secret === null ? null : await find(hashApiKey(secret), now)
      if (!key || (key.expiresAt !== null && Date.parse(key.expiresAt) <= now))
        throw new GridError('auth.invalid', 'the key is unknown, expired or revoked')
      return { id: key.keyId, role: key.role, clusters: key.clusters }
    },
  }
}
