import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import { GridError } from '../errors.ts'
import { type Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { queryList } from '../query/query-list.ts'
import { AlarmSource, AlarmState } from './alarm-event.ts'
import type { StoredAlarm } from './stored-alarm.ts'

/** Which events to list. */
export const AlarmQuery = PageRequest.extend({
  source: AlarmSource.optional(),
  state: AlarmState.optional(),
  alarm_name: z.string().max(1024).optional(),
  rule: z.string().max(64).optional(),
})
export type AlarmQuery = z.infer<typeof AlarmQuery>

/** An event as it is shown: with everything but its version. */
export type ShownAlarm = Omit<StoredAlarm, 'version'>

/**
 * Events that came in, newest first. Who is bound to clusters sees those that a rule of theirs was asked about, with what these
 * rules said.
 * @throws {GridError} `cursor.invalid`
 */
export async function listAlarms(
  ports: Needs<'alarms'>,
  { limit, cursor, ...query }: AlarmQuery,
  caller: Caller,
): Promise<Page<ShownAlarm>> {
  const { items, nextCursor } = await queryList<StoredAlarm>(
    {
      name: 'alarm events',
      query,
      fetch: (options) => ports.alarms.list(options),
      keyOf: positionOf,
      // What is not shown is not asked either, or a filter would tell it.
      matches: (alarm) => {
        const shown = shownTo(caller, alarm)
        return shown !== null && isAbout(query, shown)
      },
    },
    { limit, ...(cursor === undefined ? {} : { cursor }) },
  )
  return { items: items.flatMap((alarm) => shownTo(caller, alarm) ?? []), nextCursor }
}

/** One event. @throws {GridError} `alarm.not_found`, also for one that is none of the caller's */
export async function readAlarm(ports: Needs<'alarms'>, eventId: string, caller: Caller): Promise<ShownAlarm> {
  const alarm = await ports.alarms.find(eventId)
  const shown = alarm && shownTo(caller, alarm)
  if (!shown) throw new GridError('alarm.not_found', `no alarm event ${eventId}`)
  return shown
}

/** An event's place in the list: when it came in, then its id. */
export const positionOf = ({ received_at, event_id }: Pick<StoredAlarm, 'received_at' | 'event_id'>): string =>
  `${received_at}#${event_id}`

function isAbout(
  { source, state, alarm_name, rule }: Omit<AlarmQuery, 'limit' | 'cursor'>,
  alarm: ShownAlarm,
): boolean {
  if (source !== undefined && alarm.source !== source) return false
  if (state !== undefined && alarm.state !== state) return false
  if (alarm_name !== undefined && alarm.alarm_name !== alarm_name) return false
  return rule === undefined || alarm.outcomes.some((outcome) => outcome.rule === rule)
}

function shownTo(caller: Caller, { version: _, ...alarm }: StoredAlarm): ShownAlarm | null {
  if (caller.clusters === '*') return alarm
  const outcomes = alarm.outcomes.filter(({ cluster_id }) => inScope(caller, cluster_id))
  if (outcomes.length === 0) return null
  const clusters = alarm.clusters === '*' ? '*' : alarm.clusters.filter((id) => inScope(caller, id))
  return { ...alarm, clusters, outcomes }
}
