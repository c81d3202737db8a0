import { pageOf } from '../cursor.ts'
import { GridError } from '../errors.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import type { DeadAlarm } from './dead-alarm.ts'
import { type BatchAnswer, QueuedAlarm, type QueueEvent } from './receive-alarms.ts'

const listName = 'dead alarms'

/** Keeps messages that could not be handled, where people look. One that cannot be kept stays in its queue. */
export async function buryAlarms(
  ports: Needs<'deadAlarms' | 'clock' | 'log'>,
  { Records: records }: QueueEvent,
): Promise<BatchAnswer> {
  const failed: BatchAnswer['batchItemFailures'] = []
  for (const { messageId: id, body: message } of records) {
    try {
      const dead = { id, at: ports.clock.now().toISOString(), event_id: eventIdOf(message), message }
      await ports.deadAlarms.put(dead)
      ports.log.error('alarm.buried', { id, eventId: dead.event_id })
    } catch (error) {
      failed.push({ itemIdentifier: id })
      ports.log.error('alarm.bury_failed', { id, error })
    }
  }
  return { batchItemFailures: failed }
}

function eventIdOf(message: string): string | null {
  try {
    return QueuedAlarm.parse(JSON.parse(message)).event_id
  } catch {
    return null // EventBridge's own, or no JSON at all
  }
}

/** Messages that could not be handled, newest first. @throws {GridError} `cursor.invalid` */
export const listDeadAlarms = (ports: Needs<'deadAlarms'>, query: PageRequest): Promise<Page<DeadAlarm>> =>
  pageOf(listName, query, (at) => ports.deadAlarms.list(at))

/** Queues a dead letter anew. Twice is harmless: its event is handled once. @throws {GridError} `alarm.dead_letter_not_found` */
export async function replayDeadAlarm(
  ports: Needs<'deadAlarms' | 'alarmQueue' | 'log'>,
  id: string,
): Promise<{ message: string; id: string; event_id: string | null }> {
  const dead = await ports.deadAlarms.find(id)
  if (!dead) throw new GridError('alarm.dead_letter_not_found', `no dead letter ${id}`)
  await ports.alarmQueue.send(dead.message)
  await ports.deadAlarms.remove(id)
  ports.log.info('alarm.replayed', { id, eventId: dead.event_id })
  return { message: 'Dead letter queued again', id, event_id: dead.event_id }
}
