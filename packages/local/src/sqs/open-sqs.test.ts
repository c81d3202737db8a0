import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { bodies, nameOf, openQueueWorld } from './queue-world.ts'

const world = await openQueueWorld()
const { attributes, arnOf, clock, cloud, queue, receive, send, sqs } = world
afterAll(() => world.cloud.close())

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
    const after = new SQSClient(cloud.client)
    const urlNow = async (address: string): Promise<string> =>
      (await after.send(new GetQueueUrlCommand({ QueueName: nameOfUrl(address) }))).QueueUrl ?? ''
    const now = await urlNow(url)
    const receiveNow = async (): Promise<Message[]> =>
      (await after.send(new ReceiveMessageCommand({ QueueUrl: now, MaxNumberOfMessages: 10 }))).Messages ?? []
    expect(bodies(await receiveNow())).toEqual(['waiting'])
    await after.send(new DeleteMessageCommand({ QueueUrl: now, ReceiptHandle: held?.ReceiptHandle }))
    await clock.advance(60_000)
    expect(bodies(await receiveNow())).toEqual(['waiting'])
    const again = new SendMessageCommand({ QueueUrl: await urlNow(fifoUrl), MessageBody: 'once', ...once })
    expect((await after.send(again)).MessageId).toBe(first.MessageId)
  })
})
