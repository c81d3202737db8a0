import type { StoredAction } from '../action/action-store.ts'
import { countNotifications } from '../counter/count-action.ts'
import type { Needs } from '../ports.ts'
import { eventOf } from './action-event.ts'
import type { QueuedNotification } from './notifications.ts'

/** Queues the news of an action for every address. What cannot be queued is logged and counted, and stops nothing. */
export async function tellAction(
  ports: Needs<'notifications' | 'counters' | 'log'>,
  { record }: StoredAction,
): Promise<void> {
  const event = eventOf(record)
  const queue = async (target: string): Promise<void> => {
    try {
      await ports.notifications.send(JSON.stringify({ target, event } satisfies QueuedNotification))
    } catch (error) {
      ports.log.error('notification.unqueued', { actionId: record.id, eventId: event.id, target, error })
      await countNotifications(ports, 'unqueued')
    }
  }
  await Promise.all(ports.notifications.targets.map(queue))
}
