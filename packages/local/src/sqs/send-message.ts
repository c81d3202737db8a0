import { createHash, randomUUID } from 'node:crypto'
import { rowOf, transaction } from '../aws/database.ts'
import { type Input, inputOf } from '../aws/input.ts'
import { AwsError, type JsonObject } from '../aws/service.ts'
import { invalidValue, sqsError, unsupported } from './errors.ts'
import {
  attributeBytes,
  checkMessageAttributes,
  type MessageAttributes,
  md5Of,
  md5OfAttributes,
} from './message-digest.ts'
import { isFifo, numberOf } from './queue-attributes.ts'
import type { Queue, QueueStore } from './queue-store.ts'

/** How long a deduplication id is remembered, in ms (SQS Developer Guide: 5 minutes). */
const deduplicationMs = 300_000
const delaySecondsMax = 900

/** How SQS answers bad input. */
export const sqsCodes = { missing: 'MissingParameter', invalid: 'InvalidParameterValue' } as const

/** Stores messages; what it returns was committed. */
export type SendMessage = (queue: Queue, entry: JsonObject) => JsonObject

/** A message as it is stored. */
interface Outgoing {
  body: string
  attributes: MessageAttributes
  trace: string | undefined
  groupId: string | undefined
  deduplicationId: string | undefined
  delayMs: number
}

/** Makes the operation that sends one message: SendMessage, and each entry of SendMessageBatch. */
export function messageSender(store: QueueStore, now: () => number): SendMessage {
  const { db } = store
  const insert = db.prepare(
    `INSERT INTO messages(queue, id, body, attributes, trace, group_id, deduplication_id, sent_at, visible_at)
     VALUES(?,?,?,?,?,?,?,?,?)`,
  )
  const forget = db.prepare('DELETE FROM deduplications WHERE queue=? AND at<=?')
  const recall = db.prepare('SELECT message_id, sequence FROM deduplications WHERE queue=? AND key=?')
  const remember = db.prepare('INSERT INTO deduplications VALUES(?,?,?,?,?)')

  const storeAlways = (queue: Queue, message: Outgoing, at: number): { id: string; sequence: number } => {
    const id = randomUUID()
    const { body, attributes, trace = null, groupId = null, deduplicationId = null } = message
    const texts = [queue.name, id, body, JSON.stringify(attributes), trace, groupId, deduplicationId] as const
    return { id, sequence: Number(insert.run(...texts, at, at + message.delayMs).lastInsertRowid) }
  }
  const storeOnce = (queue: Queue, message: Outgoing, at: number): { id: string; sequence: number } => {
    const key = deduplicationKey(queue, message)
    forget.run(queue.name, at - deduplicationMs)
    const earlier = rowOf<{ message_id: string; sequence: number }>(recall, queue.name, key)
    if (earlier) return { id: earlier.message_id, sequence: earlier.sequence }
    const stored = storeAlways(queue, message, at)
    remember.run(queue.name, key, at, stored.id, stored.sequence)
    return stored
  }

  return (queue, entry) => {
    const message = readMessage(queue, inputOf(entry, sqsCodes), entry)
    const fifo = isFifo(queue.attributes)
    const { id, sequence } = transaction(db, () => (fifo ? storeOnce : storeAlways)(queue, message, now()))
    const attributesDigest = md5OfAttributes(message.attributes)
    const traceDigest =
      message.trace && md5OfAttributes({ AWSTraceHeader: { DataType: 'String', StringValue: message.trace } })
    return {
      MessageId: id,
      MD5OfMessageBody: md5Of(message.body),
      ...(attributesDigest ? { MD5OfMessageAttributes: attributesDigest } : {}),
      ...(traceDigest ? { MD5OfMessageSystemAttributes: traceDigest } : {}),
      ...(fifo ? { SequenceNumber: sequenceNumber(sequence) } : {}),
    }
  }
}

/** The order of arrival as SQS shows it: twenty digits. */
export const sequenceNumber = (sequence: number): string => String(sequence).padStart(20, '0')

/** Bytes that an entry counts towards the limit of its batch; none for a malformed one, which then fails by itself. */
export function messageBytes(entry: JsonObject): number {
  try {
    const input = inputOf(entry, sqsCodes)
    return Buffer.byteLength(input.optionalText('MessageBody') ?? '') + attributeBytes(readAttributes(input, entry))
  } catch (error) {
    if (error instanceof AwsError) return 0
    throw error
  }
}

function readAttributes(input: Input, entry: JsonObject): MessageAttributes {
  if ((entry.MessageAttributes ?? null) === null) return {}
  const attributes = input.object('MessageAttributes') as unknown as MessageAttributes
  checkMessageAttributes(attributes)
  return attributes
}

function readMessage(queue: Queue, input: Input, entry: JsonObject): Outgoing {
  // SQS does not refuse characters outside XML 1.0, it replaces them (SQS API, SendMessage, MessageBody).
  const body = replaceForbidden(input.text('MessageBody'))
  const attributes = readAttributes(input, entry)
  const bytesMax = numberOf(queue.attributes, 'MaximumMessageSize')
  if (Buffer.byteLength(body) + attributeBytes(attributes) > bytesMax)
    throw sqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${bytesMax} bytes.`,
    )

  const fifo = isFifo(queue.attributes)
  const delay = input.integer('DelaySeconds', 0, delaySecondsMax)
  if (fifo && delay)
    throw invalidValue(
      String(delay),
      'DelaySeconds',
      'The request include parameter that is not valid for this queue type.',
    )
  const groupId = readId(input, 'MessageGroupId')
  const deduplicationId = readId(input, 'MessageDeduplicationId')
  if (fifo && !groupId) throw sqsError('MissingParameter', 'The request must contain the parameter MessageGroupId.')
  if (!fifo && deduplicationId)
    throw invalidValue(
      deduplicationId,
      'MessageDeduplicationId',
      'The request include parameter that is not valid for this queue type.',
    )
  return {
    body,
    attributes,
    trace: readTrace(entry),
    groupId,
    deduplicationId: fifo ? (deduplicationId ?? digestOfBody(queue, body)) : undefined,
    delayMs: 1000 * (delay ?? numberOf(queue.attributes, 'DelaySeconds')),
  }
}

function readId(input: Input, name: string): string | undefined {
  const id = input.optionalText(name)
  if (id !== undefined && !/^[\x21-\x7e]{1,128}$/.test(id))
    throw invalidValue(
      id,
      name,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    )
  return id
}

function readTrace(entry: JsonObject): string | undefined {
  const attributes = (entry.MessageSystemAttributes ?? {}) as unknown as MessageAttributes
  for (const name of Object.keys(attributes))
    if (name !== 'AWSTraceHeader') throw unsupported(`message system attribute ${name}`)
  return attributes.AWSTraceHeader?.StringValue
}

function digestOfBody(queue: Queue, body: string): string {
  if (queue.attributes.ContentBasedDeduplication === 'true') return createHash('sha256').update(body).digest('hex')
  throw sqsError(
    'InvalidParameterValue',
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )
}

function deduplicationKey(queue: Queue, message: Outgoing): string {
  const scoped = queue.attributes.DeduplicationScope === 'messageGroup'
  return scoped ? `${message.groupId} ${message.deduplicationId}` : ` ${message.deduplicationId}`
}

const replaceForbidden = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what is looked for
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
