import type { Item, Key, Store, Write } from '@gridgate/storage/store'
import { itemBytes, writeUnits } from './item-size.ts'

/** Write units that were used, by where. */
export interface Used {
  /** Calls that wrote. */
  writes: number
  table: number
  /** Of the index, by list. */
  lists: Map<string, number>
}

/** Counts what the writes of a store would use on AWS: transactions twice, and each change once more in the index. */
export function countingStore<Inner extends Store>(inner: Inner): { store: Inner; used(): Used } {
  let used: Used = { writes: 0, table: 0, lists: new Map() }
  const count = async (key: Key, after: Item | null, times: number): Promise<void> => {
    const before = await inner.get(key)
    const bytes = Math.max(...[before, after].map((item) => (item ? itemBytes(item) : 0)))
    used.table += times * writeUnits(bytes)
    const isMoved = before?.listPk !== after?.listPk || before?.listSk !== after?.listSk
    const inList = (item: Item | null, size = item ? itemBytes(item) : 0): void => {
      if (item?.listPk === undefined) return
      used.lists.set(item.listPk, (used.lists.get(item.listPk) ?? 0) + writeUnits(size))
    }
    // A row that only changes is written over; one that moves is taken out in one place and put in another.
    if (isMoved) for (const item of [before, after]) inList(item)
    else inList(after ?? before, bytes)
  }
  const countWrite = (write: Write, times: number): Promise<void> => {
    if ('put' in write) return count(write.put, write.put, times)
    if ('remove' in write) return count(write.remove, null, times)
    return countCheck(write.check)
  }
  const countCheck = async (key: Key): Promise<void> => {
    const found = await inner.get(key)
    used.table += 2 * writeUnits(found ? itemBytes(found) : 0)
  }
  const store: Inner = {
    ...inner,
    async write(...writes) {
      used.writes += 1
      for (const write of writes) await countWrite(write, writes.length === 1 ? 1 : 2)
      return inner.write(...writes)
    },
    async add(row, amounts) {
      used.writes += 1
      await count(row, row, 1)
      return inner.add(row, amounts)
    },
    async writeMany(writes) {
      if (writes.length > 0) used.writes += Math.ceil(writes.length / 25)
      for (const write of writes) await countWrite(write, 1)
      return inner.writeMany(writes)
    },
  }
  return {
    store,
    used() {
      const taken = used
      used = { writes: 0, table: 0, lists: new Map() }
      return taken
    },
  }
}
