import { randomUUID } from 'node:crypto'
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
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** Queues of one test file, reached by the real SDK client. */
export interface QueueAccess {
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

export function queueAccess(sqs: SQSClient): QueueAccess {
  const attributes = async (QueueUrl: string): Promise<Record<string, string>> =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
  const all = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] }
  return {
    sqs,
    async queue(Attributes = {}) {
      const QueueName = `q-${randomUUID()}${Attributes.FifoQueue ? '.fifo' : ''}`
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
