import { randomUUID } from 'node:crypto'
import { transaction } from '../aws/database.ts'
import type { JsonObject } from '../aws/service.ts'
import { sqsError } from './errors.ts'
import { isFifo, numberOf, parseRedrivePolicy } from './queue-attributes.ts'
import type { QueueParts } from './queue-operations.ts'
import type { Queue } from './queue-store.ts'
import { receiptHandle } from './receipt-handle.ts'
import { readRequest, shown } from './received-message.ts'
import { type MessageRow, waitingMessages } from './waiting-messages.ts'

/** Messages of one queue that may be in flight (SQS Developer Guide, message quotas). */
const inFlightMax = 120_000

/** Takes messages off a queue for a while, moving those away that were received too often. */
export interface MessageTaker {
  /** The messages in the form of ReceiveMessage; possibly none. */
  take(queue: Queue, request: JsonObject): JsonObject[]
  /** When the next message that is now hidden shows itself, in ms since 1970. */
  nextVisibleAt(queue: Queue): number | undefined
}

/** Makes the taking half of ReceiveMessage. */
export function messageTaker(parts: QueueParts): MessageTaker {
  const { store, names, now, wake } = parts
  const waiting = waitingMessages(store.db)
  const take = (queue: Queue, request: JsonObject): JsonObject[] => {
    const wanted = readRequest(queue, request)
    const at = now()
    waiting.expire(queue.name, at - 1000 * numberOf(queue.attributes, 'MessageRetentionPeriod'))
    if (waiting.inFlight(queue.name, at) >= inFlightMax)
      throw sqsError('OverLimit', `more than ${inFlightMax} messages are in flight`)

    const taken: JsonObject[] = []
    let moved: number
    do {
      moved = 0
      for (const row of waiting.earliest(queue.name, at, wanted.count - taken.length, isFifo(queue.attributes))) {
        const target = deadLetterTarget(parts, queue, row)
        if (target) {
          waiting.move(row.sequence, target, names.arnOf(queue.name))
          wake(target)
          moved += 1
        } else {
          const receipt = randomUUID()
          waiting.lend(row.sequence, receipt, at, at + wanted.visibilityMs)
          taken.push(shown(row, receiptHandle(row.sequence, receipt), at, wanted, names.accountId))
        }
      }
      // What was moved made room for further messages, unless those just taken are visible again at once.
    } while (moved > 0 && taken.length < wanted.count && (taken.length === 0 || wanted.visibilityMs > 0))
    return taken
  }
  return {
    take: (queue, request) => transaction(store.db, () => take(queue, request)),
    nextVisibleAt: (queue) => waiting.nextVisibleAt(queue.name, now()),
  }
}

/** The queue that takes a message which was received as often as its own queue allows. */
function deadLetterTarget({ store, names }: QueueParts, queue: Queue, row: MessageRow): string | undefined {
  const text = queue.attributes.RedrivePolicy
  if (!text) return undefined
  const policy = parseRedrivePolicy(text)
  const target = names.nameOfArn(policy.deadLetterTargetArn)
  const isDue = row.receive_count >= policy.maxReceiveCount
  return isDue && target !== queue.name && store.find(target) ? target : undefined
}
