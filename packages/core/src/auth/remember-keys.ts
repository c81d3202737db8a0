import type { Needs } from '../ports.ts'
import type { KeyStore, StoredKey } from './key-store.ts'

/** A known key is not looked up again for this long, so a revoked one works at most that much longer. */
export const keySecondsMax = 10
const knownKeysMax = 1000

/** The same keys, with those that were found lately at hand. */
export function rememberKeys(keys: KeyStore, ports: Needs<'clock'>): KeyStore {
  const known = new Map<string, { key: StoredKey; until: number }>()
  return {
    ...keys,
    async findByHash(hash) {
      const now = ports.clock.now().getTime()
      const cached = known.get(hash)
      if (cached && cached.until > now) return cached.key
      const key = await keys.findByHash(hash)
      known.delete(hash)
      if (!key) return null
      for (const oldest of known.keys()) if (known.size >= knownKeysMax) known.delete(oldest)
      known.set(hash, { key, until: now + keySecondsMax * 1000 })
      return key
    },
  }
}
