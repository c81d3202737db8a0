import { type Page, pageBytesMax } from '@gridgate/core/page'
import type { Item, Store } from './store.ts'

/** Rows looked at for one page at most (spec/decisions.md 15), and read at once: a full page looks for a next one. */
const scannedMax = 5000
const readAtOnce = 101

/** Which list is read, how a row of it is understood, and whether it begins with the newest. */
export interface Listed<Entry> {
  list: string
  fromItem(item: Item): Entry
  newestFirst?: boolean
  /** Only places in the list that begin so. */
  prefix?: string
}

export interface PageOptions {
  after: string | null
  limit: number
}

/** One page of a list, as it stands there. */
export async function listPage<Entry>(
  store: Store,
  { list, fromItem, newestFirst = false, prefix }: Listed<Entry>,
  { after, limit }: PageOptions,
): Promise<Page<Entry>> {
  const { items, more } = await store.query({
    ...{ from: { list }, newestFirst, limit },
    ...(prefix === undefined ? {} : { prefix }),
    ...(after === null ? {} : { after }),
  })
  const fitting = items.slice(0, countFitting(items))
  const isMore = more || fitting.length < items.length
  return { items: fitting.map(fromItem), nextCursor: isMore ? (fitting.at(-1)?.listSk ?? null) : null }
}

/** How many rows make a page full, from the first. */
function countFitting(items: readonly Item[]): number {
  let bytes = 0
  const last = items.findIndex((item) => {
    bytes += bytesOf(item)
    return bytes >= pageBytesMax
  })
  return last === -1 ? items.length : last + 1
}

const bytesOf = (item: Item): number => Buffer.byteLength(String(item.json))

/**
 * One page of what a filter leaves of a list. It may be short, even empty, and still have a next one; what the filter takes out
 * makes no next one, or the cursor would tell callers of what is not theirs.
 * @param judge `stop` where nothing after this one can be wanted
 */
export async function filterPage<Entry>(
  store: Store,
  { list, fromItem, newestFirst = false }: Listed<Entry>,
  { after, limit }: PageOptions,
  judge: (entry: Entry, item: Item) => 'take' | 'skip' | 'stop',
): Promise<Page<Entry>> {
  const found: Entry[] = []
  let position = after
  /** Where the next page begins: behind what is in this one, or was looked at for it. */
  let last = after
  let bytes = 0
  for (let scanned = 0; scanned < scannedMax; ) {
    const { items, more } = await store.query({
      ...{ from: { list }, newestFirst, limit: readAtOnce },
      ...(position === null ? {} : { after: position }),
    })
    for (const item of items) {
      position = item.listSk ?? null
      const entry = fromItem(item)
      const verdict = judge(entry, item)
      if (verdict === 'stop') return { items: found, nextCursor: null }
      const isFull = found.length >= limit || bytes >= pageBytesMax
      if (isFull && verdict === 'take') return { items: found, nextCursor: last }
      if (!isFull) last = position
      if (verdict === 'skip') continue
      found.push(entry)
      bytes += bytesOf(item)
    }
    scanned += items.length
    if (!more) return { items: found, nextCursor: null }
  }
  return { items: found, nextCursor: last }
}
