import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type AlarmOutcome, type StoredAlarm, withOutcome } from './stored-alarm.ts'

/** Times a change of an event is made anew because somebody else wrote in between. */
const attemptsMax = 20

/** Keeps an outcome with its event. An event that has expired needs none. @throws {GridError} `service.unavailable` */
export const recordOutcome = (ports: Needs<'alarms'>, eventId: string, outcome: AlarmOutcome): Promise<void> =>
  changeAlarm(ports, eventId, (stored) => withOutcome(stored, outcome))

/** Changes an event as it is stored, anew when somebody else wrote in between. @throws {GridError} `service.unavailable` */
export async function changeAlarm(
  ports: Needs<'alarms'>,
  eventId: string,
  change: (stored: StoredAlarm) => StoredAlarm,
): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = await ports.alarms.find(eventId)
    if (!stored || (await ports.alarms.replace(change(stored)))) return
  }
  throw new GridError('service.unavailable', `the event ${eventId} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
