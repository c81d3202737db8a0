import { z } from 'zod'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { ActionDesk } from './action-desk.ts'
import { type HandlePorts, handleAlarm } from './handle-alarm.ts'
import { keepAlarm, refuseAhead } from './take-alarms.ts'
import { readEventBridge } from './take-eventbridge.ts'

/**
 * Messages of a queue, as Lambda gives them to a function (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"). One whose
 * body is no text is an empty message: it fails alone, and those beside it are not kept from being done.
 */
export const QueueEvent = z.object({
  Records: z.array(z.looseObject({ messageId: z.string().min(1), body: z.string().catch('') })),
})
export type QueueEvent = z.infer<typeof QueueEvent>

/** Which of the messages are to come again. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

/** What intake queues; anything else comes from EventBridge, straight. */
export const QueuedAlarm = z.object({ event_id: z.string().max(100) })

type ReceivePorts = HandlePorts & Needs<'alarmTrust'>

/** Handles queued alarms. A message that fails comes again, and in the end is a dead letter. */
export async function receiveAlarms<P extends ReceivePorts>(
  ports: P,
  { Records: records }: QueueEvent,
  desk: ActionDesk<P>,
): Promise<BatchAnswer> {
  const failed: BatchAnswer['batchItemFailures'] = []
  for (const { messageId, body } of records) {
    try {
      await receive(ports, body, desk)
    } catch (error) {
      failed.push({ itemIdentifier: messageId })
      const code = error instanceof GridError ? error.code : 'internal'
      ports.log.error('alarm.failed', { messageId, code, error })
    }
  }
  return { batchItemFailures: failed }
}

async function receive<P extends ReceivePorts>(ports: P, body: string, desk: ActionDesk<P>): Promise<void> {
  const message: unknown = JSON.parse(body)
  const queued = QueuedAlarm.safeParse(message)
  if (queued.success) return handleAlarm(ports, queued.data.event_id, desk)
  for (const event of readEventBridge(ports, message)) {
    refuseAhead(ports, event)
    await keepAlarm(ports, event, { id: 'eventbridge', clusters: '*' })
    await handleAlarm(ports, event.event_id, desk)
  }
}
