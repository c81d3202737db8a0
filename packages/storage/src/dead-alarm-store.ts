import { DeadAlarm, type DeadAlarmStore } from '@gridgate/core/alarm/dead-alarm'
import { listPage } from './list-page.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** How long a dead letter is kept, in days. */
const keptDaysMax = 90

/** Messages that could not be handled, by id and from the newest. */
export function deadAlarmStore(store: Store): DeadAlarmStore {
  return {
    put: (dead) => store.write({ put: toItem(dead) }),
    async find(id) {
      const item = await store.get(keys.deadAlarm(id))
      return item && fromItem(item)
    },
    remove: (id) => store.write({ remove: keys.deadAlarm(id) }),
    list: (options) => listPage(store, { list: lists.deadAlarms, fromItem, newestFirst: true }, options),
  }
}

const toItem = (dead: DeadAlarm): Item => ({
  ...keys.deadAlarm(dead.id),
  listPk: lists.deadAlarms,
  listSk: `${dead.at}#${dead.id}`,
  ttl: Math.floor(Date.parse(dead.at) / 1000) + keptDaysMax * 86_400,
  json: JSON.stringify(dead),
})

const fromItem = (item: Item): DeadAlarm => DeadAlarm.parse(JSON.parse(String(item.json)))
