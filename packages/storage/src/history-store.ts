import { GridError } from '@gridgate/core/errors'
import { ClusterHistory, type HistoryStore, NetworkHistory } from '@gridgate/core/failover/history'
import type { z } from 'zod'
import type { Key, Store, Write } from './store.ts'
import { keys } from './table.ts'

/** What failover used up, on the table. A cluster's outlives the cluster: neither its budgets nor the fence begin anew. */
export function historyStore(store: Store): HistoryStore {
  return {
    find: (id) => read(store, keys.history(id), ClusterHistory, { entries: [] }),
    findNetwork: () => read(store, keys.networkHistory(), NetworkHistory, { entries: [], accelerator_nodes: {} }),
  }
}

/**
 * For the transaction that starts an action: puts both histories in the place of those that the verdict was made by.
 * The cluster's next version, `versions.cluster + 1`, is the fencing number of the action.
 */
export const historyWrites = (
  clusterId: string,
  next: { cluster: ClusterHistory; network: NetworkHistory },
  versions: { cluster: number; network: number },
): Write[] => [
  replacing(keys.history(clusterId), next.cluster, versions.cluster),
  replacing(keys.networkHistory(), next.network, versions.network),
]

const replacing = (key: Key, history: ClusterHistory | NetworkHistory, version: number): Write => ({
  put: { ...key, version: version + 1, json: JSON.stringify(history) },
  when: version === 0 ? 'absent' : { equals: { version } },
})

async function read<History>(
  store: Store,
  key: Key,
  schema: z.ZodType<History>,
  empty: History,
): Promise<{ history: History; version: number }> {
  const item = await store.get(key)
  if (!item) return { history: empty, version: 0 }
  try {
    return { history: schema.parse(JSON.parse(String(item.json))), version: Number(item.version) }
  } catch (cause) {
    throw new GridError('budget.unreadable', `what failover did is not readable in ${key.pk}`, { cause })
  }
}
