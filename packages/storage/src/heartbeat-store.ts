import { Heartbeat, type HeartbeatStore } from '@gridgate/core/controller/heartbeat'
import { isWritten } from './is-written.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** Last reports on the table, one partition a cluster: ten thousand controllers share no key. */
export function heartbeatStore(store: Store): HeartbeatStore {
  return {
    async find(clusterId) {
      const item = await store.get(keys.heartbeat(clusterId))
      return item ? Heartbeat.parse(JSON.parse(String(item.json))) : null
    },
    async put(heartbeat) {
      const key = keys.heartbeat(heartbeat.clusterId)
      const before = await store.get(key)
      if (before && String(before.sentAt) >= heartbeat.sentAt) return false
      const when = before ? ({ equals: { sentAt: String(before.sentAt) } } as const) : 'absent'
      const put = { ...key, sentAt: heartbeat.sentAt, json: JSON.stringify(heartbeat) }
      // Where another report came in between, one of the two is the last.
      return isWritten(store.write({ put, when }))
    },
  }
}
