import { inputOf } from '../aws/input.ts'
import type { JsonObject } from '../aws/service.ts'
import { unsupported } from './errors.ts'
import { type MessageAttributes, md5Of, md5OfAttributes } from './message-digest.ts'
import { numberOf } from './queue-attributes.ts'
import type { Queue } from './queue-store.ts'
import { sequenceNumber, sqsCodes } from './send-message.ts'
import type { MessageRow } from './waiting-messages.ts'

const messagesMax = 10
const visibilitySecondsMax = 43_200

/** What a caller of ReceiveMessage asks for. */
export interface Wanted {
  count: number
  visibilityMs: number
  attributeNames: string[]
  systemAttributeNames: string[]
}

/** Reads the request. @throws {AwsError} InvalidParameterValue, or UnsupportedOperation for a retried receive. */
export function readRequest(queue: Queue, request: JsonObject): Wanted {
  const input = inputOf(request, sqsCodes)
  if (input.optionalText('ReceiveRequestAttemptId')) throw unsupported('ReceiveRequestAttemptId')
  const visibility = input.integer('VisibilityTimeout', 0, visibilitySecondsMax)
  return {
    count: input.integer('MaxNumberOfMessages', 1, messagesMax) ?? 1,
    visibilityMs: 1000 * (visibility ?? numberOf(queue.attributes, 'VisibilityTimeout')),
    attributeNames: input.texts('MessageAttributeNames'),
    systemAttributeNames: [...input.texts('MessageSystemAttributeNames'), ...input.texts('AttributeNames')],
  }
}

/** A message in the form of ReceiveMessage. */
export function shown(row: MessageRow, handle: string, at: number, wanted: Wanted, accountId: string): JsonObject {
  const all = JSON.parse(row.attributes) as MessageAttributes
  const attributes = Object.fromEntries(
    Object.entries(all).filter(([name]) => wanted.attributeNames.some((asked) => covers(asked, name))),
  )
  const digest = md5OfAttributes(attributes)
  const system = systemAttributes(row, at, accountId)
  const isAll = wanted.systemAttributeNames.includes('All')
  const shownSystem = Object.entries(system).filter(([name]) => isAll || wanted.systemAttributeNames.includes(name))
  return {
    MessageId: row.id,
    ReceiptHandle: handle,
    Body: row.body,
    MD5OfBody: md5Of(row.body),
    ...(digest ? { MessageAttributes: attributes as unknown as JsonObject, MD5OfMessageAttributes: digest } : {}),
    ...(shownSystem.length > 0 ? { Attributes: Object.fromEntries(shownSystem) } : {}),
  }
}

/** Whether an asked name (`All`, `.*`, a name, or a prefix with `.*`) covers an attribute. */
const covers = (asked: string, name: string): boolean =>
  asked === 'All' || asked === name || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -2)))

function systemAttributes(row: MessageRow, at: number, accountId: string): Record<string, string> {
  return {
    SenderId: accountId,
    SentTimestamp: String(row.sent_at),
    ApproximateReceiveCount: String(row.receive_count + 1),
    ApproximateFirstReceiveTimestamp: String(row.first_received_at ?? at),
    ...(row.group_id ? { MessageGroupId: row.group_id } : {}),
    ...(row.deduplication_id
      ? { MessageDeduplicationId: row.deduplication_id, SequenceNumber: sequenceNumber(row.sequence) }
      : {}),
    ...(row.trace ? { AWSTraceHeader: row.trace } : {}),
    ...(row.source_arn ? { DeadLetterQueueSourceArn: row.source_arn } : {}),
  }
}
