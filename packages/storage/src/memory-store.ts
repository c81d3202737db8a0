import { type Condition, ConditionFailed, type Item, type Key, type Store, type Write } from './store.ts'

const pageItemsMax = 1000

/** The same promises in memory, for tests and for measuring what the table costs. */
export function memoryStore(): Store & { all(): Item[] } {
  const rows = new Map<string, Item>()
  const idOf = (key: Key): string => `${key.pk}\n${key.sk}`
  const meets = (key: Key, when: Condition | undefined): boolean => {
    const row = rows.get(idOf(key))
    if (when === undefined) return true
    if (when === 'absent') return row === undefined
    if (when === 'present') return row !== undefined
    return row !== undefined && Object.entries(when.equals).every(([name, value]) => row[name] === value)
  }
  const apply = (write: Write): void => {
    if ('put' in write) rows.set(idOf(write.put), structuredClone(withoutUndefined(write.put)))
    if ('remove' in write) rows.delete(idOf(write.remove))
  }
  return {
    all: () => [...rows.values()].map((row) => structuredClone(row)),
    async get(key) {
      const row = rows.get(idOf(key))
      return row ? structuredClone(row) : null
    },
    async query({ from, prefix, after, limit = pageItemsMax, newestFirst = false }) {
      const [pk, sk] = 'pk' in from ? (['pk', 'sk'] as const) : (['listPk', 'listSk'] as const)
      const wanted = 'pk' in from ? from.pk : from.list
      const found = [...rows.values()]
        .filter((row) => row[pk] === wanted && (prefix === undefined || row[sk]?.startsWith(prefix)))
        .sort((a, b) => byText(a[sk] ?? '', b[sk] ?? '') * (newestFirst ? -1 : 1))
        .filter((row) => after === undefined || byText(row[sk] ?? '', after) * (newestFirst ? -1 : 1) > 0)
      const most = Math.min(limit, pageItemsMax)
      return { items: found.slice(0, most).map((row) => structuredClone(row)), more: found.length > most }
    },
    async write(...writes) {
      const failed = writes.flatMap((write, index) => (meets(keyOf(write), write.when) ? [] : [index]))
      if (failed.length > 0) throw new ConditionFailed(failed)
      for (const write of writes) apply(write)
    },
    async writeMany(writes) {
      for (const write of writes) apply(write)
    },
  }
}

const keyOf = (write: Write): Key => ('put' in write ? write.put : 'remove' in write ? write.remove : write.check)

/** DynamoDB orders by the bytes of UTF-8. */
const byText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const withoutUndefined = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Item
