import { ChangeMessageVisibilityCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { bodies, nameOf } from './queue-access.ts'
import { openQueueWorld } from './queue-world.ts'

const world = await openQueueWorld()
const { attributes, clock, cloud, queue, receive, remove, send, sqs } = world
afterAll(() => world.cloud.close())

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
