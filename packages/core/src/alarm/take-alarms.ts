import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type AlarmEvent, boundTo } from './alarm-event.ts'
import type { StoredAlarm } from './stored-alarm.ts'

/** Most new events of one caller in a minute; what was heard before is not counted. */
export const eventsPerMinuteMax = 600
/** How far a source's clock may be ahead of ours, in seconds: a time far ahead would make all that follows look late. */
const aheadSecondsMax = 300
/** An event that waits longer than this to be handled may have lost its message, in seconds. */
const waitingSecondsMax = 30

/** What intake answers. */
export const Taken = z.object({
  event_id: z.string().describe('Of the first event; the same for every delivery of it'),
  event_ids: z.array(z.string()).describe('Of all of them, in their order'),
})
export type Taken = z.infer<typeof Taken>

export type TakePorts = Needs<'alarms' | 'alarmQueue' | 'clock' | 'log'>

/** Who brought alarms, and which clusters they may be about. */
export type Bringer = Pick<Caller, 'id' | 'clusters'>

/**
 * Keeps what came and queues it for the rules. A repeated delivery changes nothing and answers the same.
 * @throws {GridError} `alarm.invalid` for a time ahead of ours, `alarm.rate_limited`, `service.unavailable`
 */
export async function takeAlarms(ports: TakePorts, told: readonly AlarmEvent[], from: Bringer): Promise<Taken> {
  const events = told.map((event) => boundTo(event, from.clusters))
  for (const event of events) refuseAhead(ports, event)
  for (const event of events) if (await keepAlarm(ports, event, from)) await queue(ports, event.event_id)
  const ids = events.map(({ event_id }) => event_id)
  return { event_id: ids[0] ?? '', event_ids: ids }
}

/** Keeps an event; says whether it is to be handled. @throws {GridError} `alarm.rate_limited` */
export async function keepAlarm(
  ports: Needs<'alarms' | 'clock' | 'log'>,
  event: AlarmEvent,
  from: Bringer,
): Promise<boolean> {
  const now = ports.clock.now()
  const known = await ports.alarms.find(event.event_id)
  if (known) {
    const waited = (now.getTime() - Date.parse(known.received_at)) / 1000
    return known.handled_at === null && waited > waitingSecondsMax
  }
  const minute = Math.floor(now.getTime() / 60_000)
  const alarm: StoredAlarm = {
    ...event,
    received_at: now.toISOString(),
    caller: from.id,
    clusters: from.clusters === '*' ? '*' : [...from.clusters],
    handled_at: null,
    outcomes: [],
    version: 1,
  }
  const kept = await ports.alarms.create(alarm, { bucket: from.id, minute, max: eventsPerMinuteMax })
  if (kept === 'too_many')
    throw new GridError(
      'alarm.rate_limited',
      `more than ${eventsPerMinuteMax} new alarms in a minute from ${from.id}`,
      {
        retryAfterSeconds: Math.ceil(((minute + 1) * 60_000 - now.getTime()) / 1000),
      },
    )
  if (kept === 'known') return false
  const { event_id: eventId, source, state } = event
  ports.log.info('alarm.received', { eventId, source, state, caller: from.id })
  return true
}

const queue = (ports: Needs<'alarmQueue'>, eventId: string): Promise<void> =>
  ports.alarmQueue.send(JSON.stringify({ event_id: eventId }))

/** @throws {GridError} `alarm.invalid` */
export function refuseAhead(ports: Needs<'clock'>, { alarm_name, state_at }: AlarmEvent): void {
  const ahead = (Date.parse(state_at) - ports.clock.now().getTime()) / 1000
  if (ahead > aheadSecondsMax)
    throw new GridError('alarm.invalid', `the state of ${alarm_name} changed at ${state_at}, which is yet to come`)
}
