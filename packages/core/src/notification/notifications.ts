import { z } from 'zod'
import { ActionEvent } from './action-event.ts'

/** A message of the queue: one event for one address, so that a server that is down holds up no other. */
export const QueuedNotification = z.object({
  /** The address by its name, because addresses may hold secrets of their own. */
  target: z.string().max(100),
  event: ActionEvent,
})
export type QueuedNotification = z.infer<typeof QueuedNotification>

/** Port: the queue to those who want to know of actions. */
export interface Notifications {
  /** Names of the addresses that are configured; of none nothing is sent. */
  readonly targets: readonly string[]
  /** @param message JSON text @throws {GridError} `service.unavailable` */
  send(message: string): Promise<void>
}

/** Port: the addresses themselves. */
export interface NotificationWebhooks {
  /**
   * Posts an event once, signed as Standard Webhooks says.
   * @returns the status of the answer; null for an address that is not configured any more
   * @throws {GridError} `address.refused`, `remote.*`
   */
  deliver(target: string, delivery: { id: string; text: string }): Promise<number | null>
}
