import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { bodies, nameOf } from './queue-access.ts'
import { openQueueWorld } from './queue-world.ts'

const world = await openQueueWorld()
const { clock, queue, receive, remove, send, sqs } = world
afterAll(() => world.cloud.close())

describe('a FIFO queue', () => {
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
  const sendTo = (url: string, body: string, MessageGroupId: string, MessageDeduplicationId?: string) =>
    send(url, body, { MessageGroupId, MessageDeduplicationId })

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
