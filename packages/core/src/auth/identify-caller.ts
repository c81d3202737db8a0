import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { hasExpired, hashApiKey, isApiKey, keyFromHeader } from './api-key.ts'
import type { Authenticator } from './authenticator.ts'

const keyless: Caller = { id: 'insecure', role: 'network-admin', clusters: '*' }

/**
 * Tells callers apart by API key. With `insecure`, a call from this machine without any credential acts as network admin;
 * a wrong credential is always refused (spec/decisions.md 7).
 */
export function keyAuthenticator(ports: Needs<'keys' | 'clock'>, options: { insecure: boolean }): Authenticator {
  return {
    async identify({ authorization, fromThisMachine }) {
      if (authorization === null) {
        if (options.insecure && fromThisMachine) return keyless
        throw new GridError('auth.missing', 'no credential: send the header Authorization: Bearer <key>')
      }
      const secret = keyFromHeader(authorization)
      const key = secret !== null && isApiKey(secret) ? await ports.keys.findByHash(hashApiKey(secret)) : null
      if (!key || hasExpired(key, ports.clock.now()))
        throw new GridError('auth.invalid', 'the key is unknown, expired or revoked')
      return { id: key.keyId, role: key.role, clusters: key.clusters }
    },
  }
}
