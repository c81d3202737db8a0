import { ClusterId } from '@gridgate/core/cluster/cluster'
import type { Counted, CounterStore } from '@gridgate/core/counter/counter-store'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** Rows read at once, and pages of them. */
const pageItems = 100
const pagesMax = 100

/** Where the network stands in the list: before every cluster, whose ids are no such sign. */
const networkPlace = '#'
/** What stands before the names of counters in a row. */
const prefix = 'count:'

/** What was counted: one row for each cluster, one for the network. */
export function counterStore(store: Store): CounterStore {
  return {
    async add({ clusterId, counts }) {
      const key = clusterId === null ? keys.networkCounters() : keys.counters(clusterId)
      const row = { ...key, listPk: lists.counters, listSk: clusterId ?? networkPlace }
      const amounts = Object.entries(counts).map(([name, amount]) => [`${prefix}${name}`, amount])
      await store.add(row, Object.fromEntries(amounts))
    },
    async list() {
      const found: Counted[] = []
      for (let page = 0, after: string | undefined; page < pagesMax; page++) {
        const { items, more } = await store.query({
          ...{ from: { list: lists.counters }, limit: pageItems },
          ...(after === undefined ? {} : { after }),
        })
        found.push(...items.map(fromItem))
        after = items.at(-1)?.listSk
        if (!more) break
      }
      return found
    },
  }
}

function fromItem(item: Item): Counted {
  const counts = Object.entries(item).flatMap(([name, amount]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), Number(amount)] as const] : [],
  )
  const clusterId = item.listSk === networkPlace ? null : ClusterId.parse(item.listSk)
  return { clusterId, counts: Object.fromEntries(counts) }
}
