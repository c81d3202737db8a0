import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { bodies, nameOf, openQueueWorld } from './queue-world.ts'

const world = await openQueueWorld()
const { attributes, clock, queue, receive, remove, send, sqs } = world
afterAll(() => world.cloud.close())

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
