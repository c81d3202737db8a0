import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { describeQueueContract } from '../../contract/queue-contract.ts'
import { bodies } from './queue-access.ts'
import { openQueueWorld } from './queue-world.ts'

const world = await openQueueWorld()
const { clock, cloud, queue, receive, send } = world
afterAll(() => world.cloud.close())

describeQueueContract(world)

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
