import type { WatchStore } from '@gridgate/core/alarm/alarm-store'
import { AlarmWatch, newWatch } from '@gridgate/core/alarm/alarm-watch'
import type { Clock } from '@gridgate/core/ports'
import { isWritten } from './is-written.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** How long a target is remembered that nothing is heard of, in days. */
const keptDaysMax = 90
/** Sorts behind everything that begins with the same moment. */
const behind = '~'

/** What rules know of their targets. Only those that are due at some time stand in a list. */
export function alarmWatchStore(store: Store, clock: Clock): WatchStore {
  return {
    async read(at) {
      const item = await store.get(keys.alarmWatch(at.cluster_id, at.rule, at.target))
      return item ? fromItem(item) : newWatch(at)
    },
    async write(watch) {
      const { version } = watch
      const next = { ...watch, version: version + 1 }
      const when = version === 0 ? 'absent' : ({ equals: { version } } as const)
      return (await isWritten(store.write({ put: toItem(next, clock), when }))) ? next : null
    },
    async listDue(until, limit) {
      const between = ['0', `${until.toISOString()}${behind}`] as const
      const { items } = await store.query({ from: { list: lists.dueWatches }, between, limit })
      return items.map(fromItem)
    },
  }
}

function toItem(watch: AlarmWatch, clock: Clock): Item {
  const { cluster_id, rule, target, due_at, version } = watch
  return {
    ...keys.alarmWatch(cluster_id, rule, target),
    ...(due_at === null ? {} : { listPk: lists.dueWatches, listSk: `${due_at}#${cluster_id}#${rule}#${target}` }),
    version,
    ttl: Math.floor(clock.now().getTime() / 1000) + keptDaysMax * 86_400,
    json: JSON.stringify(watch),
  }
}

const fromItem = (item: Item): AlarmWatch => AlarmWatch.parse(JSON.parse(String(item.json)))
