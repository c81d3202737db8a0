import type { Log } from '../aws/log.ts'
import type { Json, JsonObject } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import type { Sqs } from '../sqs/open-sqs.ts'
import type { LambdaHost } from './lambda-host.ts'

const waitSeconds = 20
/** Most messages of one event; a queue gives ten at a time. */
const batchMax = 10
/** Wait after a failed poll, for example while the queue does not exist, in ms. */
const pollAgainMs = 1_000

export interface QueueMappingOptions {
  sqs: Sqs
  lambda: LambdaHost
  queueArn: string
  functionName: string
  /** Messages of one event, 1 to 10. */
  batchSize: number
  clock: Clock
  region: string
  log: Log
}

/**
 * Gives the messages of a queue to a function, one event after the other, as an SQS event source mapping with
 * `ReportBatchItemFailures` does (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"): what the function took is
 * deleted, what it failed on shows itself again after the queue's visibility time-out.
 */
export function mapQueue(options: QueueMappingOptions): { stop(): Promise<void> } {
  if (!(options.batchSize >= 1 && options.batchSize <= batchMax))
    throw new RangeError(`batchSize must be 1 to ${batchMax}`)
  const gone = new AbortController()
  const run = async (): Promise<void> => {
    let isFailing = false
    while (!gone.signal.aborted) {
      try {
        await pollOnce(options, gone.signal)
        isFailing = false
      } catch (error) {
        if (!isFailing) options.log('mapping.failed', { queue: options.queueArn, reason: String(error) })
        isFailing = true // told once, not at each poll
        await pause(options.clock, gone.signal)
      }
    }
  }
  const running = run()
  return {
    async stop() {
      gone.abort()
      await running
    },
  }
}

function pause(clock: Clock, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const takeBack = clock.at(clock.now() + pollAgainMs, resolve)
    gone.addEventListener('abort', () => {
      takeBack()
      resolve()
    })
  })
}

async function pollOnce(options: QueueMappingOptions, gone: AbortSignal): Promise<void> {
  const { sqs, lambda, queueArn, functionName, batchSize } = options
  const QueueUrl = sqs.urlOfArn(queueArn)
  const request = { QueueUrl, MaxNumberOfMessages: batchSize, WaitTimeSeconds: waitSeconds }
  const all = { MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] }
  const { Messages } = await sqs.call('ReceiveMessage', { ...request, ...all }, gone)
  const messages = (Messages ?? []) as JsonObject[]
  if (messages.length === 0) return

  const event = { Records: messages.map((message) => recordOf(message, options)) }
  const { payload, functionError } = await lambda.invoke(functionName, JSON.stringify(event))
  const failed = functionError ? null : failedIds(payload)
  const done = messages.filter(({ MessageId }) => failed !== null && !failed.has(MessageId ?? ''))
  if (done.length < messages.length)
    options.log('mapping.messages_failed', { function: functionName, count: messages.length - done.length })
  if (done.length === 0) return
  const Entries = done.map(({ ReceiptHandle = null }, index) => ({ Id: String(index), ReceiptHandle }))
  await sqs.call('DeleteMessageBatch', { QueueUrl, Entries })
}

function recordOf(message: JsonObject, { queueArn, region }: QueueMappingOptions): JsonObject {
  const attributes = Object.entries((message.MessageAttributes ?? {}) as Record<string, JsonObject>).map(
    ([name, { DataType = null, StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
      },
    ],
  )
  return {
    messageId: message.MessageId ?? null,
    receiptHandle: message.ReceiptHandle ?? null,
    body: message.Body ?? null,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes) as JsonObject,
    md5OfBody: message.MD5OfBody ?? null,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}

/** Ids of the messages that the function failed on; null for all of them, as for an answer of another form. */
function failedIds(payload: string): Set<Json> | null {
  const answer = JSON.parse(payload) as { batchItemFailures?: unknown } | null
  const failures = answer?.batchItemFailures ?? []
  if (!Array.isArray(failures)) return null
  const ids = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier)
  return ids.every((id) => typeof id === 'string' && id !== '') ? new Set(ids as string[]) : null
}
