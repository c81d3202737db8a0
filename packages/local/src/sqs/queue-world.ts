import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'

/** Queues of one test file, reached by the real SDK client, and the clock that they follow. */
export interface QueueWorld {
  clock: ReturnType<typeof manualClock>
  cloud: TestCloud
  sqs: SQSClient
  /** Makes a queue of its own for a test and returns its URL. */
  queue(attributes?: Record<string, string>): Promise<string>
  send(url: string, body: string, more?: Partial<SendMessageCommandInput>): Promise<SendMessageCommandOutput>
  /** Receives up to ten messages with all their attributes. */
  receive(url: string, more?: Partial<ReceiveMessageCommandInput>): Promise<Message[]>
  remove(url: string, message: Message | undefined): Promise<unknown>
  attributes(url: string): Promise<Record<string, string>>
  arnOf(url: string): Promise<string>
}

/** Opens a cloud for a test file; close it at the end. */
export async function openQueueWorld(): Promise<QueueWorld> {
  const clock = manualClock()
  const cloud = await openTestCloud({ clock })
  const sqs = new SQSClient(cloud.client)
  let made = 0
  const attributes = async (QueueUrl: string): Promise<Record<string, string>> =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
  const all = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] }
  return {
    clock,
    cloud,
    sqs,
    async queue(Attributes = {}) {
      const QueueName = `q${made++}${Attributes.FifoQueue ? '.fifo' : ''}`
      return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? ''
    },
    send: (QueueUrl, MessageBody, more) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    receive: async (QueueUrl, more) =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...all, ...more }))).Messages ?? [],
    remove: (QueueUrl, message) =>
      sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle })),
    attributes,
    arnOf: async (url) => (await attributes(url)).QueueArn ?? '',
  }
}

/** The bodies of messages, in their order. */
export const bodies = (messages: readonly Message[]): (string | undefined)[] => messages.map(({ Body }) => Body)

/** The name of the error that a call ends with, or `accepted`. */
export const nameOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error: Error) => error.name,
  )
