import type { KeyStore, StoredKey } from '@gridgate/core/auth/key-store'
import { GridError } from '@gridgate/core/errors'
import { listPage } from './list-page.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** API keys by the hash of their secret. */
export function keyStore(store: Store): KeyStore {
  const byId = async (keyId: string): Promise<Item | null> => {
    const { items } = await store.query({ from: { list: lists.keys }, prefix: keyId, limit: 2 })
    return items.find((item) => item.listSk === keyId) ?? null
  }
  return {
    async findByHash(hash) {
      const item = await store.get(keys.key(hash))
      return item ? fromItem(item) : null
    },
    create: (key) =>
      store.write({
        put: { ...keys.key(key.hash), listPk: lists.keys, listSk: key.keyId, json: JSON.stringify(key) },
        when: 'absent',
      }),
    async remove(keyId) {
      const item = await byId(keyId)
      if (item) await store.write({ remove: { pk: item.pk, sk: item.sk } })
      return item !== null
    },
    list: ({ cursor, limit }) => listPage(store, { list: lists.keys, fromItem }, { after: cursor || null, limit }),
  }
}

function fromItem(item: Item): StoredKey {
  if (typeof item.json !== 'string') throw new GridError('internal', 'a stored key is not readable')
  return JSON.parse(item.json) as StoredKey
}
