import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'

const clock = manualClock()
let cloud: TestCloud
let sqs: SQSClient
beforeAll(async () => {
  cloud = await openTestCloud({ clock })
  sqs = new SQSClient(cloud.client)
})
afterAll(() => cloud.close())

let made = 0
/** A queue of its own for each test. */
async function queue(attributes: Record<string, string> = {}): Promise<string> {
  const name = `q${made++}${attributes.FifoQueue ? '.fifo' : ''}`
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  return QueueUrl
}
const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
async function receive(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const wanted = {
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All' as const],
    MessageAttributeNames: ['All'],
  }
  return (await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...wanted, ...more }))).Messages ?? []
}
const remove = (QueueUrl: string, message: Message | undefined) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }))
const attributes = async (QueueUrl: string): Promise<Record<string, string>> =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
const arnOf = async (url: string): Promise<string> => (await attributes(url)).QueueArn ?? ''
const bodies = (messages: readonly Message[]): (string | undefined)[] => messages.map(({ Body }) => Body)
const nameOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error: Error) => error.name,
  )

describe('a message', () => {
  it('arrives with body, attributes, digests (checked by the SDK) and system attributes', async () => {
    const url = await queue()
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'é' },
      count: { DataType: 'Number.int', StringValue: '7' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    }
    const sent = await send(url, 'hello ü', { MessageAttributes })
    const [message] = await receive(url)
    expect(message).toMatchObject({ MessageId: sent.MessageId, Body: 'hello ü', MessageAttributes })
    expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes)
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SentTimestamp: String(clock.now()),
      ApproximateFirstReceiveTimestamp: String(clock.now()),
      SenderId: '000000000000',
    })
  })

  it('has the attribute digest that AWS computes', async () => {
    const sent = await send(await queue(), 'x', {
      MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
    })
    // MD5 of 00000001 'a' 00000006 'String' 01 00000001 'b', computed by hand
    expect(sent.MD5OfMessageAttributes).toBe('bef8bf215374a0a228d67533b1a488be')
  })

  it('is hidden once received, comes back when its time-out is over, and is gone when deleted', async () => {
    const url = await queue({ VisibilityTimeout: '30' })
    await send(url, 'x')
    expect(await receive(url)).toHaveLength(1)
    await clock.advance(29_999)
    expect(await receive(url)).toEqual([])
    await clock.advance(1)
    const [again] = await receive(url)
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2')
    await remove(url, again)
    await clock.advance(60_000)
    expect(await receive(url)).toEqual([])
  })

  it('can be held longer and given back', async () => {
    const url = await queue()
    await send(url, 'x')
    const [message] = await receive(url, { VisibilityTimeout: 10 })
    const change = (VisibilityTimeout: number) =>
      sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout }),
      )
    await change(100)
    await clock.advance(99_000)
    expect(await receive(url)).toEqual([])
    await change(0)
    expect(await nameOf(change(5))).toBe('MessageNotInflight')
    expect(await receive(url)).toHaveLength(1)
    expect(await nameOf(change(5))).toBe('InvalidParameterValue')
  })

  it('may not be held for more than twelve hours in all', async () => {
    const url = await queue()
    await send(url, 'x')
    const [message] = await receive(url, { VisibilityTimeout: 3600 })
    await clock.advance(1000)
    const hold = sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 43_200,
      }),
    )
    expect(await nameOf(hold)).toBe('InvalidParameterValue')
  })

  it('is not removed by the handle of an earlier receive, and by no malformed handle', async () => {
    const url = await queue()
    await send(url, 'x')
    const [first] = await receive(url, { VisibilityTimeout: 0 })
    const [second] = await receive(url, { VisibilityTimeout: 0 })
    await remove(url, first)
    expect(await receive(url, { VisibilityTimeout: 0 })).toHaveLength(1)
    expect(await nameOf(remove(url, { ReceiptHandle: 'nonsense' }))).toBe('ReceiptHandleIsInvalid')
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle)
  })

  it('waits for its delay, that of the message before that of the queue', async () => {
    const url = await queue({ DelaySeconds: '10' })
    await send(url, 'queue')
    await send(url, 'own', { DelaySeconds: 5 })
    expect((await attributes(url)).ApproximateNumberOfMessagesDelayed).toBe('2')
    await clock.advance(5000)
    expect(bodies(await receive(url))).toEqual(['own'])
    await clock.advance(5000)
    expect(bodies(await receive(url))).toEqual(['queue'])
  })

  it('is dropped when its retention is over', async () => {
    const url = await queue({ MessageRetentionPeriod: '60' })
    await send(url, 'x')
    await clock.advance(60_000)
    expect((await attributes(url)).ApproximateNumberOfMessages).toBe('1')
    await clock.advance(1)
    expect((await attributes(url)).ApproximateNumberOfMessages).toBe('0')
    expect(await receive(url)).toEqual([])
  })

  it('may have 1 MiB, attributes included, or what its queue allows', async () => {
    const url = await queue()
    expect(await nameOf(send(url, 'x'.repeat(1_048_576)))).toBe('accepted')
    expect(await nameOf(send(url, 'x'.repeat(1_048_577)))).toBe('InvalidParameterValue')
    const small = await queue({ MaximumMessageSize: '1024' })
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } }
    expect(await nameOf(send(small, 'x'.repeat(1016), { MessageAttributes }))).toBe('accepted')
    expect(await nameOf(send(small, 'x'.repeat(1017), { MessageAttributes }))).toBe('InvalidParameterValue')
  })
})

describe('a long poll', () => {
  // Called without HTTP, so that it is known to wait when time goes on.
  const wait = async (url: string, gone?: AbortSignal): Promise<unknown> =>
    (await cloud.sqs.call('ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 20 }, gone)).Messages

  it('is answered as soon as a message is sent', async () => {
    const url = await queue()
    const waiting = receive(url, { WaitTimeSeconds: 20 })
    await send(url, 'x')
    expect(bodies(await waiting)).toEqual(['x'])
  })

  it('is answered when a hidden message shows itself', async () => {
    const url = await queue()
    await send(url, 'x')
    await receive(url, { VisibilityTimeout: 5 })
    const waiting = wait(url)
    await clock.advance(5000)
    expect(await waiting).toMatchObject([{ Body: 'x' }])
  })

  it('is empty when its time is over', async () => {
    const waiting = wait(await queue())
    await clock.advance(19_999)
    expect(await Promise.race([waiting, 'still waiting'])).toBe('still waiting')
    await clock.advance(1)
    expect(await waiting).toBeUndefined()
  })

  it('takes no message for a caller that has hung up', async () => {
    const url = await queue()
    const gone = new AbortController()
    const waiting = wait(url, gone.signal)
    gone.abort()
    await send(url, 'x')
    expect(await waiting).toBeUndefined()
    expect(bodies(await receive(url))).toEqual(['x'])
  })

  it('fails when its queue is deleted', async () => {
    const url = await queue()
    const waiting = nameOf(wait(url))
    await sqs.send(new DeleteQueueCommand({ QueueUrl: url }))
    expect(await waiting).toBe('QueueDoesNotExist')
  })
})

describe('a batch', () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ Id: `${index}`, MessageBody: `${index}` }))

  it('sends, holds and deletes ten messages at once', async () => {
    const url = await queue()
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries(10) }))
    expect(sent.Successful).toHaveLength(10)
    const messages = await receive(url)
    expect(bodies(messages)).toEqual(entries(10).map(({ MessageBody }) => MessageBody))
    const handles = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
    const held = handles.map((entry) => ({ ...entry, VisibilityTimeout: 0 }))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: held }))
    expect((await attributes(url)).ApproximateNumberOfMessages).toBe('10')
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }))
    expect((await attributes(url)).ApproximateNumberOfMessages).toBe('0')
  })

  it('tells of each entry that failed and runs the others', async () => {
    const url = await queue()
    const Entries = [...entries(1), { Id: 'bad', MessageBody: 'x', DelaySeconds: 901 }]
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['0'])
    expect(sent.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidParameterValue', SenderFault: true }])
    expect(bodies(await receive(url))).toEqual(['0'])
  })

  it.each([
    { what: 'is empty', Entries: [], code: 'EmptyBatchRequest' },
    { what: 'has eleven entries', Entries: entries(11), code: 'TooManyEntriesInBatchRequest' },
    { what: 'has an id twice', Entries: [...entries(1), ...entries(1)], code: 'BatchEntryIdsNotDistinct' },
    { what: 'has a bad id', Entries: [{ Id: 'a b', MessageBody: 'x' }], code: 'InvalidBatchEntryId' },
    {
      what: 'is too long in all',
      Entries: entries(2).map((entry) => ({ ...entry, MessageBody: 'x'.repeat(524_289) })),
      code: 'BatchRequestTooLong',
    },
  ])('is refused when it $what, and sends nothing', async ({ Entries, code }) => {
    const url = await queue()
    expect(await nameOf(sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })))).toBe(code)
    expect(await receive(url)).toEqual([])
  })
})

describe('a FIFO queue', () => {
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
  const sendTo = (url: string, body: string, MessageGroupId: string, MessageDeduplicationId?: string) =>
    send(url, body, { MessageGroupId, MessageDeduplicationId })

  it('keeps the order within a group and gives nothing of a group that is in flight', async () => {
    const url = await queue(fifo)
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['a3', 'a'],
    ] as const)
      await sendTo(url, body, group)
    const [first] = await receive(url, { MaxNumberOfMessages: 1 })
    expect(first?.Body).toBe('a1')
    const [other, ...none] = await receive(url)
    expect([other?.Body, none]).toEqual(['b1', []])
    await remove(url, first)
    expect(bodies(await receive(url))).toEqual(['a2', 'a3'])
  })

  it('gives nothing of a group while a later message of it is still in flight', async () => {
    const url = await queue(fifo)
    await sendTo(url, '1', 'a')
    await sendTo(url, '2', 'a')
    const [first] = await receive(url)
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 }),
    )
    expect(await receive(url)).toEqual([])
    await clock.advance(30_000)
    expect(bodies(await receive(url))).toEqual(['1', '2'])
  })

  it('takes a message once within five minutes, by its id or its body', async () => {
    const url = await queue(fifo)
    const first = await sendTo(url, 'x', 'a')
    const second = await sendTo(url, 'x', 'a')
    const third = await sendTo(url, 'y', 'b', 'id')
    const fourth = await sendTo(url, 'z', 'b', 'id')
    expect(second.MessageId).toBe(first.MessageId)
    expect(second.SequenceNumber).toBe(first.SequenceNumber)
    expect(fourth.MessageId).toBe(third.MessageId)
    expect(bodies(await receive(url))).toEqual(['x', 'y'])
    await clock.advance(300_000)
    expect((await sendTo(url, 'z', 'b', 'id')).MessageId).not.toBe(third.MessageId)
  })

  it('may remember ids by group', async () => {
    const url = await queue({ ...fifo, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' })
    await sendTo(url, 'x', 'a')
    await sendTo(url, 'x', 'b')
    await sendTo(url, 'x', 'b')
    expect(await receive(url)).toHaveLength(2)
  })

  it('refuses what a group cannot have, and a receipt that is over', async () => {
    const url = await queue({ FifoQueue: 'true' })
    expect(await nameOf(send(url, 'x'))).toBe('MissingParameter')
    expect(await nameOf(send(url, 'x', { MessageGroupId: 'a' }))).toBe('InvalidParameterValue')
    await sendTo(url, 'x', 'a', 'id')
    const [message] = await receive(url, { VisibilityTimeout: 1 })
    await clock.advance(1000)
    expect(await nameOf(remove(url, message))).toBe('InvalidParameterValue')
    expect(await receive(url)).toHaveLength(1)
  })
})

describe('a dead-letter queue', () => {
  const pair = async () => {
    const dead = await queue()
    const deadArn = await arnOf(dead)
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 })
    return { dead, deadArn, source: await queue({ RedrivePolicy, VisibilityTimeout: '0' }) }
  }

  it('gets a message that was received too often, with its origin', async () => {
    const { dead, source } = await pair()
    await send(source, 'bad')
    await receive(source)
    await receive(source)
    expect(await receive(source)).toEqual([])
    const [message] = await receive(dead)
    expect(message?.Body).toBe('bad')
    expect(message?.Attributes?.DeadLetterQueueSourceArn).toBe(await arnOf(source))
  })

  it('knows its sources and gives its messages back as new ones', async () => {
    const { dead, deadArn, source } = await pair()
    await send(source, 'bad')
    for (let times = 0; times < 3; times++) await receive(source)
    const sources = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
    expect(sources.queueUrls).toEqual([source])

    const task = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }))
    expect(task.TaskHandle).toBeTruthy()
    expect(await receive(dead)).toEqual([])
    const [message] = await receive(source)
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1')
    expect(message?.Attributes?.DeadLetterQueueSourceArn).toBeUndefined()
    const tasks = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: deadArn }))
    expect(tasks.Results).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }])
  })

  it('cannot be moved from when it is none', async () => {
    const SourceArn = await arnOf(await queue())
    expect(await nameOf(sqs.send(new StartMessageMoveTaskCommand({ SourceArn })))).toBe('InvalidParameterValue')
  })
})

describe('a queue', () => {
  it('is made once, and again only with the same attributes', async () => {
    const url = await queue({ VisibilityTimeout: '40' })
    const QueueName = url.slice(url.lastIndexOf('/') + 1)
    const again = (Attributes: Record<string, string>) => sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
    expect((await again({ VisibilityTimeout: '40', DelaySeconds: '0' })).QueueUrl).toBe(url)
    expect(await nameOf(again({ VisibilityTimeout: '41' }))).toBe('QueueNameExists')
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(url)
  })

  it('is missed by name, with the code of the query protocol beside it', async () => {
    const missing = await sqs.send(new GetQueueUrlCommand({ QueueName: 'nope' })).catch((error: unknown) => error)
    expect(missing).toMatchObject({ name: 'QueueDoesNotExist', Code: 'AWS.SimpleQueueService.NonExistentQueue' })
  })

  it('is listed by prefix, page by page', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await sqs.send(new CreateQueueCommand({ QueueName: name }))
    const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2 }))
    const second = await sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2, NextToken: first.NextToken }),
    )
    const names = [...(first.QueueUrls ?? []), ...(second.QueueUrls ?? [])].map((url) =>
      url.slice(url.lastIndexOf('/') + 1),
    )
    expect(names).toEqual(['page-1', 'page-2', 'page-3'])
    expect(second.NextToken).toBeUndefined()
  })

  it('counts its messages, can be changed, tagged and emptied', async () => {
    const url = await queue()
    for (const body of ['1', '2']) await send(url, body)
    await receive(url, { MaxNumberOfMessages: 1 })
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '45' } }))
    expect(await attributes(url)).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      VisibilityTimeout: '45',
      MaximumMessageSize: '1048576',
    })
    await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { a: '1', b: '2' } }))
    await sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ['a'] }))
    expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags).toEqual({ b: '2' })
    await sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
    expect((await attributes(url)).ApproximateNumberOfMessagesNotVisible).toBe('0')
  })

  it.each([
    { attribute: { VisibilityTimeout: '43201' }, code: 'InvalidAttributeValue' },
    { attribute: { DelaySeconds: 'soon' }, code: 'InvalidAttributeValue' },
    { attribute: { RedrivePolicy: '{}' }, code: 'InvalidAttributeValue' },
    { attribute: { Colour: 'red' }, code: 'InvalidAttributeName' },
    { attribute: { ContentBasedDeduplication: 'true' }, code: 'InvalidAttributeName' },
    { attribute: { KmsMasterKeyId: 'alias/x' }, code: 'UnsupportedOperation' },
  ])('refuses the attribute $attribute', async ({ attribute, code }) => {
    const Attributes: Record<string, string> = attribute
    expect(await nameOf(sqs.send(new CreateQueueCommand({ QueueName: 'refused', Attributes })))).toBe(code)
    expect(await nameOf(sqs.send(new GetQueueUrlCommand({ QueueName: 'refused' })))).toBe('QueueDoesNotExist')
  })

  it.each(['', 'a b', 'x'.repeat(81), 'a.fifo'])('refuses the name "%s"', async (QueueName) => {
    expect(await nameOf(sqs.send(new CreateQueueCommand({ QueueName })))).toMatch(
      /^(InvalidParameterValue|MissingParameter)$/,
    )
  })

  it.each([
    { MaxNumberOfMessages: 11 },
    { MaxNumberOfMessages: 0 },
    { WaitTimeSeconds: 21 },
    { VisibilityTimeout: 43_201 },
  ])('refuses to give messages for %o', async (wanted) => {
    const url = await queue()
    expect(await nameOf(receive(url, wanted))).toBe('InvalidParameterValue')
  })
})

describe('after a restart', () => {
  it('queues, messages, receipts and remembered ids are still there', async () => {
    const url = await queue()
    const fifoUrl = await queue({ FifoQueue: 'true' })
    const once = { MessageGroupId: 'a', MessageDeduplicationId: 'id' }
    const first = await send(fifoUrl, 'once', once)
    for (const body of ['held', 'waiting']) await send(url, body)
    const [held] = await receive(url, { MaxNumberOfMessages: 1, VisibilityTimeout: 60 })
    const nameOfUrl = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

    await cloud.restart()
    sqs = new SQSClient(cloud.client)
    const urlNow = async (address: string): Promise<string> =>
      (await sqs.send(new GetQueueUrlCommand({ QueueName: nameOfUrl(address) }))).QueueUrl ?? ''
    const now = await urlNow(url)
    expect(bodies(await receive(now))).toEqual(['waiting'])
    await remove(now, held)
    await clock.advance(60_000)
    expect(bodies(await receive(now))).toEqual(['waiting'])
    expect((await send(await urlNow(fifoUrl), 'once', once)).MessageId).toBe(first.MessageId)
  })
})

describe('many consumers', () => {
  it('together get every message exactly once within its time-out', async () => {
    const url = await queue()
    const sent = Array.from({ length: 200 }, (_, index) => String(index))
    for (let from = 0; from < sent.length; from += 10) {
      const Entries = sent.slice(from, from + 10).map((body) => ({ Id: body, MessageBody: body }))
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
    }
    const seen: (string | undefined)[] = []
    const consume = async (): Promise<void> => {
      for (let messages = await receive(url); messages.length > 0; messages = await receive(url))
        seen.push(...bodies(messages))
    }
    await Promise.all([consume(), consume(), consume(), consume()])
    expect(seen.sort()).toEqual(sent.sort())
  })
})
