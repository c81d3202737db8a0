import { type KeyStore, StoredKey } from '@gridgate/core/auth/key-store'
import { isWritten } from './is-written.ts'
import { listPage } from './list-page.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** How long a key is listed after it expired, in days. */
const keptDaysMax = 30

/** API keys by the hash of their secret. */
export function keyStore(store: Store): KeyStore {
  return {
    async findByHash(hash) {
      const item = await store.get(keys.key(hash))
      return item && fromItem(item)
    },
    create: (key) => store.write({ put: toItem(key), when: 'absent' }),
    remove({ hash }, successor) {
      const removal = { remove: keys.key(hash), when: 'present' } as const
      if (successor === null) return isWritten(store.write(removal))
      return isWritten(store.write(removal, { check: keys.key(successor.hash), when: 'present' }))
    },
    list: (options) => listPage(store, { list: lists.keys, fromItem }, options),
  }
}

const toItem = (key: StoredKey): Item => ({
  ...keys.key(key.hash),
  ...{ listPk: lists.keys, listSk: key.keyId, json: JSON.stringify(key) },
  ...(key.expiresAt === null ? {} : { ttl: Math.floor(Date.parse(key.expiresAt) / 1000) + keptDaysMax * 86_400 }),
})

const fromItem = (item: Item): StoredKey => StoredKey.parse(JSON.parse(String(item.json)))
