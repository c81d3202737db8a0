import { describe, expect, it } from 'vitest'
import type { KeyStore, StoredKey } from './key-store.ts'
import { keySecondsMax, rememberKeys } from './remember-keys.ts'

const key: StoredKey = {
  ...{ keyId: 'k', hash: 'h', name: 'n', role: 'viewer', clusters: '*' },
  ...{ createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null },
}

/** A store of one key that may be removed. */
function room() {
  let now = 0
  let isThere = true
  let reads = 0
  const store: KeyStore = {
    async findByHash() {
      reads += 1
      return isThere ? key : null
    },
    create: async () => undefined,
    async remove() {
      isThere = false
      return true
    },
    list: async () => ({ items: [], nextCursor: null }),
  }
  return {
    store,
    keys: rememberKeys(store, { clock: { now: () => new Date(now) } }),
    reads: () => reads,
    pass(seconds: number) {
      now += seconds * 1000
    },
  }
}

describe('a key that was found', () => {
  it('is not read again for ten seconds, also where it was revoked', async () => {
    const { keys, store, pass, reads } = room()
    expect(await keys.findByHash('h')).toEqual(key)
    await store.remove(key, null)
    pass(keySecondsMax - 0.001)
    expect([await keys.findByHash('h'), reads()]).toEqual([key, 1])
    pass(0.001)
    expect([await keys.findByHash('h'), reads()]).toEqual([null, 2])
  })
})
