import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { type Page, type PageRequest, pageBytesMax } from '../page.ts'

/** Entries that one page looks at before it gives back what it has (spec/decisions.md 15). */
const lookedAtMax = 5000
/** Entries that are fetched at a time: one more than most pages hold, because a page that is full looks for a next one. */
const fetchedMax = 101

/** What is queried, and how. */
export interface QueriedList<Item> {
  /** Goes into the cursor, so that one of another list is refused. */
  name: string
  query: unknown
  fetch(options: { after: string | null; limit: number }): Promise<Page<Item>>
  keyOf(item: Item): string
  matches(item: Item): boolean
}

/**
 * The entries that match, in the order of their keys. A page may hold fewer than were asked for, even none, while there is a
 * next one. What does not match makes no next one, or the cursor would tell callers of what is not theirs.
 * @throws {GridError} `cursor.invalid`
 */
export async function queryList<Item>(list: QueriedList<Item>, page: PageRequest): Promise<Page<Item>> {
  const cursorList = `${list.name} ${createHash('sha256').update(JSON.stringify(list.query)).digest('hex')}`
  const items: Item[] = []
  let bytes = 0
  let lookedAt = 0
  let after = page.cursor === undefined ? null : decodeCursor(cursorList, page.cursor)
  /** Where the next page begins: behind what is in this one, or was looked at for it. */
  let last = after ?? ''
  for (;;) {
    const found = await list.fetch({ after, limit: fetchedMax })
    for (const item of found.items) {
      const isFull = items.length >= page.limit || bytes >= pageBytesMax
      const isMatch = list.matches(item)
      if (lookedAt >= lookedAtMax || (isFull && isMatch)) return { items, nextCursor: encodeCursor(cursorList, last) }
      lookedAt += 1
      if (!isFull) last = list.keyOf(item)
      if (!isMatch) continue
      items.push(item)
      bytes += Buffer.byteLength(JSON.stringify(item))
    }
    if (found.nextCursor === null) return { items, nextCursor: null }
    after = found.nextCursor
  }
}
