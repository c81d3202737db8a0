import type { BatchAnswer, QueueEvent } from '../alarm/receive-alarms.ts'
import { countNotifications, type NotificationOutcome } from '../counter/count-action.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { QueuedNotification } from './notifications.ts'

type SendPorts = Needs<'webhooks' | 'counters' | 'log'>

/** Refusals that pass: the server was slow, or wants fewer calls. */
const passing: ReadonlySet<number> = new Set([408, 429])

/** Delivers queued notifications. One that fails comes again, and in the end is buried. */
export async function sendNotifications(ports: SendPorts, { Records: records }: QueueEvent): Promise<BatchAnswer> {
  const failed: BatchAnswer['batchItemFailures'] = []
  const send = async ({ messageId, body }: QueueEvent['Records'][number]): Promise<void> => {
    try {
      const outcome = await deliver(ports, QueuedNotification.parse(JSON.parse(body)))
      await countNotifications(ports, outcome)
    } catch (error) {
      failed.push({ itemIdentifier: messageId })
      const code = error instanceof GridError ? error.code : 'internal'
      ports.log.warn('notification.failed', { messageId, code, error })
    }
  }
  await Promise.all(records.map(send))
  return { batchItemFailures: failed }
}

/** @throws {GridError} for what may go better next time */
async function deliver(ports: SendPorts, { target, event }: QueuedNotification): Promise<NotificationOutcome> {
  const ids = { target, eventId: event.id, actionId: event.subject }
  try {
    const status = await ports.webhooks.deliver(target, { id: event.id, text: JSON.stringify(event) })
    const outcome = outcomeOf(status)
    if (outcome === null) throw new GridError('remote.failed', `the address ${target} answered ${status}`)
    if (outcome !== 'delivered') ports.log.warn(`notification.${outcome}`, { ...ids, status })
    return outcome
  } catch (error) {
    // The address guard says the same next time.
    if (!(error instanceof GridError && error.code === 'address.refused')) throw error
    ports.log.warn('notification.refused', { ...ids, code: error.code, error })
    return 'refused'
  }
}

/** Null: to be tried again. */
function outcomeOf(status: number | null): NotificationOutcome | null {
  if (status === null) return 'dropped'
  if (status >= 200 && status < 300) return 'delivered'
  return status >= 400 && status < 500 && !passing.has(status) ? 'refused' : null
}

/** Messages that nobody could deliver: they are logged and counted, the actions themselves stay in the list. */
export async function buryNotifications(
  ports: Needs<'counters' | 'log'>,
  { Records: records }: QueueEvent,
): Promise<BatchAnswer> {
  for (const { messageId, body } of records) {
    ports.log.error('notification.buried', { messageId, code: 'remote.failed', ...idsOf(body) })
    await countNotifications(ports, 'buried')
  }
  return { batchItemFailures: [] }
}

function idsOf(body: string): { target: string; eventId: string; actionId: string } | null {
  try {
    const { target, event } = QueuedNotification.parse(JSON.parse(body))
    return { target, eventId: event.id, actionId: event.subject }
  } catch {
    return null // none of ours
  }
}
