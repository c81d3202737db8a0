import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Page, PageRequest } from '../page.ts'

/** Entries that one page looks at before it gives back what it has (spec/decisions.md 15). */
const lookedAtMax = 5000
/** Entries that are fetched at a time. */
const fetchedMax = 100
/** Entries of one page, in characters of JSON: a function's reply holds 6 MB. */
const pageCharactersMax = 4_500_000

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
 * next one.
 * @throws {GridError} `cursor.invalid`
 */
export async function queryList<Item>(list: QueriedList<Item>, page: PageRequest): Promise<Page<Item>> {
  const cursorList = `${list.name} ${createHash('sha256').update(JSON.stringify(list.query)).digest('hex')}`
  const items: Item[] = []
  let characters = 0
  let lookedAt = 0
  let after = page.cursor === undefined ? null : decodeCursor(cursorList, page.cursor)
  for (;;) {
    const found = await list.fetch({ after, limit: fetchedMax })
    for (const [index, item] of found.items.entries()) {
      after = list.keyOf(item)
      lookedAt += 1
      if (list.matches(item)) {
        items.push(item)
        characters += JSON.stringify(item).length
      }
      const isFull = items.length >= page.limit || characters >= pageCharactersMax || lookedAt >= lookedAtMax
      const isLast = found.nextCursor === null && index === found.items.length - 1
      if (isFull && !isLast) return { items, nextCursor: encodeCursor(cursorList, after) }
    }
    if (found.nextCursor === null) return { items, nextCursor: null }
  }
}
