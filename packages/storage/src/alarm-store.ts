import type { AlarmCount, AlarmStore } from '@gridgate/core/alarm/alarm-store'
import { positionOf } from '@gridgate/core/alarm/list-alarms'
import { StoredAlarm } from '@gridgate/core/alarm/stored-alarm'
import { GridError } from '@gridgate/core/errors'
import { isWritten } from './is-written.ts'
import { listPage } from './list-page.ts'
import { ConditionFailed, type Item, type Store } from './store.ts'
import { keys, lists } from './table.ts'
import { openTurns, standBack } from './turns.ts'

/** How long an event is kept, in days, and a minute's count, in seconds. */
const keptDaysMax = 90
const countSecondsMax = 600
/** Times a count is tried anew because another process counted in between. */
const attemptsMax = 10

type Kept = Awaited<ReturnType<AlarmStore['create']>>

/** Alarms by id, and in the order in which they came; and how many came. */
export function alarmStore(store: Store): AlarmStore {
  const turns = openTurns()
  return {
    create: (alarm, count) => turns(count.bucket, () => create(store, alarm, count)),
    async find(eventId) {
      const item = await store.get(keys.alarm(eventId))
      return item && fromItem(item)
    },
    replace(alarm) {
      const { version } = alarm
      return isWritten(store.write({ put: toItem({ ...alarm, version: version + 1 }), when: { equals: { version } } }))
    },
    list: (options) => listPage(store, { list: lists.alarms, fromItem, newestFirst: true }, options),
  }
}

/** Both in one transaction, so that of one alarm's many deliveries one is counted. */
async function create(store: Store, alarm: StoredAlarm, { bucket, minute, max }: AlarmCount): Promise<Kept> {
  const key = keys.alarmCount(bucket, minute)
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (attempt > 1) await standBack(attempt - 1)
    const counted = Number((await store.get(key))?.count ?? 0)
    if (counted >= max) return (await store.get(keys.alarm(alarm.event_id))) ? 'known' : 'too_many'
    const count = { ...key, count: counted + 1, ttl: minute * 60 + countSecondsMax }
    const when = counted === 0 ? 'absent' : ({ equals: { count: counted } } as const)
    try {
      await store.write({ put: toItem(alarm), when: 'absent' }, { put: count, when })
      return 'created'
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error
      if (error.failed.includes(0)) return 'known'
    }
  }
  throw new GridError('service.unavailable', `too many alarms of ${bucket} come at the same time`, {
    retryAfterSeconds: 1,
  })
}

const toItem = (alarm: StoredAlarm): Item => ({
  ...keys.alarm(alarm.event_id),
  listPk: lists.alarms,
  listSk: positionOf(alarm),
  version: alarm.version,
  ttl: Math.floor(Date.parse(alarm.received_at) / 1000) + keptDaysMax * 86_400,
  json: JSON.stringify(alarm),
})

const fromItem = (item: Item): StoredAlarm => StoredAlarm.parse(JSON.parse(String(item.json)))
