import { describe, expect, it } from 'vitest'
import type { KeyStore, StoredKey } from './key-store.ts'
import { keySecondsMax, rememberKeys } from './remember-keys.ts'

const key: StoredKey = {
  ...{ keyId: 'k', hash: 'h', name: 'n', role: 'viewer', clusters: '*' },
  ...{ createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null },
}

/** A store of one key that another process may remove, and whose reads can be held up. */
function room() {
  let now = 0
  let isThere = true
  let gate = Promise.resolve()
  let reads = 0
  const store: KeyStore = {
    async findByHash() {
      reads += 1
      const found = isThere ? key : null
      await gate
      return found
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
    hold() {
      let open = (): void => undefined
      gate = new Promise((resolve) => {
        open = resolve
      })
      return () => open()
    },
  }
}

describe('a key that was found', () => {
  it('is not read again for ten seconds, also where another process revoked it', async () => {
    const { keys, store, pass, reads } = room()
    expect(await keys.findByHash('h')).toEqual(key)
    await store.remove(key, null)
    pass(keySecondsMax - 0.001)
    expect([await keys.findByHash('h'), reads()]).toEqual([key, 1])
    pass(0.001)
    expect([await keys.findByHash('h'), reads()]).toEqual([null, 2])
  })

  it('is forgotten with its removal here', async () => {
    const { keys } = room()
    await keys.findByHash('h')
    await keys.remove(key, null)
    expect(await keys.findByHash('h')).toBeNull()
  })

  it('is not remembered when it was removed while it was read', async () => {
    const { keys, hold } = room()
    const open = hold()
    const reading = keys.findByHash('h')
    await keys.remove(key, null)
    open()
    await reading
    expect(await keys.findByHash('h')).toBeNull()
  })
})
