import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { queryList } from '../query/query-list.ts'
import { type ApiKey, shownKey } from './api-key.ts'
import type { StoredKey } from './key-store.ts'

/** Keys that are read at a time, and so often: restarts on this machine may have made more than the API does. */
const pageKeys = 500
const pagesMax = 10

/** Keys by their ids, without their hashes; expired ones for a while too. @throws {GridError} `cursor.invalid` */
export async function listKeys(ports: Needs<'keys'>, page: PageRequest): Promise<Page<ApiKey>> {
  const { items, nextCursor } = await queryList(
    {
      ...{ name: 'keys', query: null },
      fetch: (options) => ports.keys.list(options),
      keyOf: ({ keyId }) => keyId,
      matches: () => true,
    },
    page,
  )
  return { items: items.map(shownKey), nextCursor }
}

/** Every key there is. */
export async function allKeys(ports: Needs<'keys'>): Promise<StoredKey[]> {
  const keys: StoredKey[] = []
  for (let page = 0, after: string | null = null; page < pagesMax; page++) {
    const { items, nextCursor } = await ports.keys.list({ after, limit: pageKeys })
    keys.push(...items)
    if (nextCursor === null) break
    after = nextCursor
  }
  return keys
}
