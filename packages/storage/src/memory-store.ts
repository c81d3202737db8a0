import { type Condition, ConditionFailed, type Item, type Key, type Query, type Store, type Write } from './store.ts'

const pageItemsMax = 1000

/** The same promises in memory, for tests and for measuring what the table costs. */
export function memoryStore(): Store & { all(): Item[] } {
  const rows = new Map<string, Item>()
  const partitions = new Sorted('pk', 'sk')
  const lists = new Sorted('listPk', 'listSk')
  const idOf = (key: Key): string => `${key.pk}\n${key.sk}`

  const meets = (key: Key, when: Condition | undefined): boolean => {
    const row = rows.get(idOf(key))
    if (when === undefined) return true
    if (when === 'absent') return row === undefined
    if (when === 'present') return row !== undefined
    return row !== undefined && Object.entries(when.equals).every(([name, value]) => row[name] === value)
  }
  const apply = (write: Write): void => {
    if ('check' in write) return
    const key = keyOf(write)
    const before = rows.get(idOf(key))
    if (before) for (const index of [partitions, lists]) index.remove(before)
    if ('remove' in write) rows.delete(idOf(key))
    else {
      const item = copyOf(write.put)
      rows.set(idOf(key), item)
      for (const index of [partitions, lists]) index.add(item)
    }
  }
  return {
    all: () => [...rows.values()].map(copyOf),
    async get(key) {
      const row = rows.get(idOf(key))
      return row ? copyOf(row) : null
    },
    async query(query) {
      const found = 'pk' in query.from ? partitions.find(query.from.pk, query) : lists.find(query.from.list, query)
      const most = Math.min(query.limit ?? pageItemsMax, pageItemsMax)
      return { items: found.slice(0, most).map(copyOf), more: found.length > most }
    },
    async write(...writes) {
      if (writes.length > 100) throw new RangeError('at most 100 writes at once')
      const failed = writes.flatMap((write, index) => (meets(keyOf(write), write.when) ? [] : [index]))
      if (failed.length > 0) throw new ConditionFailed(failed)
      for (const write of writes) apply(write)
    },
    async add(row, amounts) {
      const before = rows.get(idOf(row)) ?? row
      const sums = Object.entries(amounts).map(([name, amount]) => [name, Number(before[name] ?? 0) + amount] as const)
      apply({ put: { ...before, ...row, ...Object.fromEntries(sums) } })
      return Object.fromEntries(sums)
    },
    async writeMany(writes) {
      for (const write of writes) apply(write)
    },
  }
}

/** Rows grouped by one attribute and kept in the order of another. */
class Sorted {
  readonly #groups = new Map<string, Item[]>()
  readonly #pk: 'pk' | 'listPk'
  readonly #sk: 'sk' | 'listSk'

  constructor(pk: 'pk' | 'listPk', sk: 'sk' | 'listSk') {
    this.#pk = pk
    this.#sk = sk
  }

  add(item: Item): void {
    const [pk, sk] = [item[this.#pk], item[this.#sk]]
    if (pk === undefined || sk === undefined) return
    const group = this.#groups.get(pk) ?? []
    this.#groups.set(pk, group)
    group.splice(this.#firstAfter(group, sk), 0, item)
  }

  remove(item: Item): void {
    const pk = item[this.#pk] ?? ''
    const rest = this.#groups.get(pk)?.filter((other) => other !== item) ?? []
    if (rest.length > 0) this.#groups.set(pk, rest)
    else this.#groups.delete(pk)
  }

  find(pk: string, { prefix, between, after, newestFirst = false }: Query): Item[] {
    const group = this.#groups.get(pk) ?? []
    const found = group.filter((item) => {
      const sk = item[this.#sk] ?? ''
      if (prefix !== undefined && !sk.startsWith(prefix)) return false
      if (between && (byBytes(sk, between[0]) < 0 || byBytes(sk, between[1]) > 0)) return false
      return after === undefined || byBytes(sk, after) * (newestFirst ? -1 : 1) > 0
    })
    return newestFirst ? found.reverse() : found
  }

  /** Position of the first row whose sort key is greater. */
  #firstAfter(group: readonly Item[], sk: string): number {
    let [low, high] = [0, group.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (byBytes(group[middle]?.[this.#sk] ?? '', sk) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

const keyOf = (write: Write): Key => ('put' in write ? write.put : 'remove' in write ? write.remove : write.check)

/** DynamoDB orders by the bytes of UTF-8; that is the order of UTF-16 units but for surrogates. */
function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (left === right) continue
    return left >= 0xd800 || right >= 0xd800 ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : left - right
  }
  return a.length - b.length
}

/** Plain values need no deep copy, and most rows have nothing else. */
function copyOf(item: Item): Item {
  const copy = { ...item }
  for (const name in copy) {
    const value = copy[name]
    if (value === undefined) delete copy[name]
    else if (typeof value === 'object') copy[name] = structuredClone(value)
  }
  return copy
}
