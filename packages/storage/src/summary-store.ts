import { summaryBytesMax } from '@gridgate/core/controller/heartbeat'
import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import type { ClusterSummary, SummaryStore } from '@gridgate/core/metrics/summary-store'
import type { Item, Store } from './store.ts'
import { keys } from './table.ts'

/** How long a summary outlives the last report, in seconds; a removed cluster's goes by itself. */
const keptSecondsMax = 86_400
/** Rows that are fetched at a time. */
const fetchedAtOnceMax = 25

/** The latest summary of every cluster, each in a partition of its own and in no list. */
export function summaryStore(store: Store): SummaryStore {
  const find = async (clusterId: string): Promise<ClusterSummary | null> => {
    const item = await store.get(keys.summary(clusterId))
    return item && fromItem(clusterId, item)
  }
  return {
    async put(clusterId, summary, at) {
      const json = JSON.stringify(summary)
      if (Buffer.byteLength(json) > summaryBytesMax)
        throw new GridError('request.too_large', `the summary of ${clusterId} is larger than ${summaryBytesMax} bytes`)
      const ttl = Math.floor(at.getTime() / 1000) + keptSecondsMax
      await store.write({ put: { ...keys.summary(clusterId), json, at: at.toISOString(), ttl } })
    },
    find,
    async findMany(clusterIds) {
      const found = new Map<string, ClusterSummary>()
      for (let at = 0; at < clusterIds.length; at += fetchedAtOnceMax) {
        const group = await Promise.all(clusterIds.slice(at, at + fetchedAtOnceMax).map(find))
        for (const summary of group) if (summary) found.set(summary.clusterId, summary)
      }
      return found
    },
  }
}

const fromItem = (clusterId: string, item: Item): ClusterSummary => ({
  clusterId,
  summary: JsonObject.parse(JSON.parse(String(item.json))),
  at: new Date(String(item.at)),
})
