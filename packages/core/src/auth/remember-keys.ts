import type { Needs } from '../ports.ts'
import type { KeyStore, StoredKey } from './key-store.ts'

/** A known key is not looked up again for this long, so a key that another process revoked works at most that much longer. */
export const keySecondsMax = 10
const knownKeysMax = 1000

/** The same keys, with those that were found lately at hand. One that is removed here is forgotten at once. */
export function rememberKeys(keys: KeyStore, ports: Needs<'clock'>): KeyStore {
  const known = new Map<string, { key: StoredKey; until: number }>()
  let removals = 0
  return {
    ...keys,
    async findByHash(hash) {
      const now = ports.clock.now().getTime()
      const cached = known.get(hash)
      if (cached && cached.until > now) return cached.key
      const removalsBefore = removals
      const key = await keys.findByHash(hash)
      known.delete(hash)
      // What was removed while it was read must not stay.
      if (!key || removals !== removalsBefore) return key
      for (const oldest of known.keys()) if (known.size >= knownKeysMax) known.delete(oldest)
      known.set(hash, { key, until: now + keySecondsMax * 1000 })
      return key
    },
    async remove(key, successor) {
      try {
        return await keys.remove(key, successor)
      } finally {
        removals += 1
        known.delete(key.hash)
      }
    },
  }
}
