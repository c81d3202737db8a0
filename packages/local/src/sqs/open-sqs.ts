import { inputOf } from '../aws/input.ts'
import { type AwsService, type JsonObject, unknownOperation } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import { runBatch } from './batch.ts'
import { deadLetterOperations } from './dead-letters.ts'
import { queueDoesNotExist, sqsError } from './errors.ts'
import { type HeldMessages, heldMessages } from './held-message.ts'
import { numberOf } from './queue-attributes.ts'
import { queueNames } from './queue-names.ts'
import { type QueueParts, queueOf, queueOperations, tagOperations } from './queue-operations.ts'
import { letsSend } from './queue-policy.ts'
import { openQueueStore, type Queue } from './queue-store.ts'
import { messageTaker } from './receive-message.ts'
import { messageBytes, messageSender, type SendMessage, sqsCodes } from './send-message.ts'
import { type QueueSignals, queueSignals } from './signals.ts'

const waitSecondsMax = 20
const visibilitySecondsMax = 43_200

/** The embedded SQS. */
export interface Sqs extends AwsService {
  /**
   * Sends a message to the queue of an ARN, as EventBridge does for a rule; committed when it returns.
   * @throws {AwsError} AccessDenied where the queue's policy does not let it; as SendMessage does.
   */
  sendTo(queueArn: string, body: string, from: { ruleArn: string; groupId?: string | undefined }): void
  /** The URL of the queue with this ARN, to call operations with. @throws {AwsError} QueueDoesNotExist. */
  urlOfArn(queueArn: string): string
  close(): void
}

type Operation = (request: JsonObject, gone?: AbortSignal) => JsonObject | Promise<JsonObject>

/**
 * Opens SQS over one file: queues, messages and their receipts survive the death of the process once acknowledged. It has
 * no rights of its own: whoever reaches it may do everything, but for rules, which need a queue's policy. Time-outs, delays and retention follow the clock.
 */
export function openSqs(options: {
  file: string
  clock: Clock
  region: string
  accountId: string
  baseUrl: () => string
}): Sqs {
  const { clock } = options
  const now = (): number => clock.now()
  const store = openQueueStore(options.file)
  const names = queueNames(options)
  const signals = queueSignals(clock)
  const parts: QueueParts = { store, names, now, wake: signals.wake }
  const send = messageSender(store, now)
  const operations: Record<string, Operation> = {
    ...queueOperations(parts),
    ...tagOperations(parts),
    ...deadLetterOperations(parts),
    ...sendOperations(parts, send),
    ...heldOperations(parts, heldMessages(store, now)),
    ReceiveMessage: receiver(parts, signals),
  }
  const nameOfArn = (arn: string): Queue => {
    const queue = store.find(names.nameOfArn(arn))
    if (!queue) throw queueDoesNotExist()
    return queue
  }

  return {
    async call(operation, input, gone) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
      if (!run) throw unknownOperation(operation)
      return run(input, gone)
    },
    sendTo(queueArn, body, { ruleArn, groupId }) {
      const queue = nameOfArn(queueArn)
      if (!letsSend(queue.attributes.Policy, queueArn, { service: 'events.amazonaws.com', sourceArn: ruleArn }))
        throw sqsError('AccessDenied', `The policy of ${queueArn} does not let ${ruleArn} send.`)
      send(queue, { MessageBody: body, ...(groupId ? { MessageGroupId: groupId } : {}) })
      signals.wake(queue.name)
    },
    urlOfArn: (queueArn) => names.urlOf(nameOfArn(queueArn).name),
    close() {
      signals.close()
      store.db.close()
    },
  }
}

function sendOperations(parts: QueueParts, send: SendMessage): Record<string, Operation> {
  const sendTo = (queue: Queue, entry: JsonObject): JsonObject => {
    const sent = send(queue, entry)
    parts.wake(queue.name)
    return sent
  }
  return {
    SendMessage: (request) => sendTo(queueOf(parts, request), request),
    SendMessageBatch(request) {
      const queue = queueOf(parts, request)
      return runBatch(request, (entry) => sendTo(queue, entry), messageBytes)
    },
  }
}

function heldOperations(parts: QueueParts, held: HeldMessages): Record<string, Operation> {
  const handleOf = (entry: JsonObject): string => inputOf(entry, sqsCodes).text('ReceiptHandle')
  const remove = (queue: Queue, entry: JsonObject): JsonObject => {
    held.remove(queue, handleOf(entry))
    parts.wake(queue.name) // the next message of its group may be taken now
    return {}
  }
  const setVisibility = (queue: Queue, entry: JsonObject): JsonObject => {
    const seconds = inputOf(entry, sqsCodes).integer('VisibilityTimeout', 0, visibilitySecondsMax)
    held.setVisibility(queue, handleOf(entry), seconds ?? numberOf(queue.attributes, 'VisibilityTimeout'))
    parts.wake(queue.name)
    return {}
  }
  return {
    DeleteMessage: (request) => remove(queueOf(parts, request), request),
    DeleteMessageBatch(request) {
      const queue = queueOf(parts, request)
      return runBatch(request, (entry) => remove(queue, entry))
    },
    ChangeMessageVisibility: (request) => setVisibility(queueOf(parts, request), request),
    ChangeMessageVisibilityBatch(request) {
      const queue = queueOf(parts, request)
      return runBatch(request, (entry) => setVisibility(queue, entry))
    },
  }
}

/** ReceiveMessage: takes what is there, or waits until something is, the time is over, or the caller has gone. */
function receiver(parts: QueueParts, signals: QueueSignals): Operation {
  const taker = messageTaker(parts)
  return async (request, gone) => {
    const first = queueOf(parts, request)
    const wait = inputOf(request, sqsCodes).integer('WaitTimeSeconds', 0, waitSecondsMax)
    const until = parts.now() + 1000 * (wait ?? numberOf(first.attributes, 'ReceiveMessageWaitTimeSeconds'))
    for (;;) {
      if (gone?.aborted || signals.isClosed()) return {}
      const queue = queueOf(parts, request) // it may have been removed or changed meanwhile
      const messages = taker.take(queue, request)
      if (messages.length > 0) return { Messages: messages }
      if (parts.now() >= until) return {}
      await signals.next(queue.name, Math.min(until, taker.nextVisibleAt(queue) ?? until), gone)
    }
  }
}
