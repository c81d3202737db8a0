import type { StoredKey } from '@gridgate/core/auth/key-store'
import { expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import { keyStore } from './key-store.ts'
import { keys as tableKeys } from './table.ts'

const key = (keyId: string, expiresAt: string | null = null): StoredKey => ({
  ...{ keyId, hash: `hash of ${keyId}`, name: 'n', role: 'cluster-manager', clusters: ['west-1'] },
  ...{ createdAt: '2030-01-01T00:00:00.000Z', expiresAt },
})

describeOnEveryStore('the key store', (open) => {
  it('finds a key by its hash and lists all by their ids', async () => {
    const keys = keyStore(await open())
    for (const id of ['b', 'a', 'c']) await keys.create(key(id))
    expect(await keys.findByHash('hash of b')).toEqual(key('b'))
    expect(await keys.findByHash('b')).toBeNull()
    const first = await keys.list({ after: null, limit: 2 })
    expect(first).toEqual({ items: [key('a'), key('b')], nextCursor: 'b' })
    expect(await keys.list({ after: 'b', limit: 2 })).toEqual({ items: [key('c')], nextCursor: null })
  })

  it('removes a key once, and only while its successor stays', async () => {
    const keys = keyStore(await open())
    for (const id of ['a', 'b']) await keys.create(key(id))
    expect(await keys.remove(key('a'), key('b'))).toBe(true)
    expect(await keys.remove(key('a'), null)).toBe(false)
    expect(await keys.remove(key('b'), key('a'))).toBe(false)
    expect((await keys.list({ after: null, limit: 9 })).items).toEqual([key('b')])
  })

  it('lets an expired key go after a month', async () => {
    const store = await open()
    await keyStore(store).create(key('a', '2030-01-01T00:00:00.000Z'))
    expect((await store.get(tableKeys.key('hash of a')))?.ttl).toBe(Date.UTC(2030, 0, 31) / 1000)
  })
})
