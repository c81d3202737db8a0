import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../aws/service.ts'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'
import { mapQueue } from './queue-mapping.ts'

const clock = manualClock()
const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:work'
let cloud: TestCloud
let mapping: { stop(): Promise<void> }
let url: string
let events: JsonObject[][]
/** What the function answers to its records. */
let answer: (records: JsonObject[]) => Json

beforeEach(async () => {
  events = []
  answer = () => null
  cloud = await openTestCloud({
    clock,
    functions: [
      {
        name: 'worker',
        timeoutSeconds: 5,
        async invoke(payload) {
          const { Records } = payload as { Records: JsonObject[] }
          events.push(Records)
          return answer(Records)
        },
      },
    ],
  })
  const made = await cloud.sqs.call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '30' } })
  url = String(made.QueueUrl)
  const { sqs, lambda } = cloud
  const log = (event: string, fields: JsonObject): void => void cloud.log.push({ event, fields })
  mapping = mapQueue({ sqs, lambda, queueArn, functionName: 'worker', batchSize: 5, clock, region: 'eu-west-1', log })
})
afterEach(async () => {
  await mapping.stop()
  await cloud.close()
})

const send = async (...texts: string[]): Promise<void> => {
  const Entries = texts.map((text) => ({ Id: text, MessageBody: text }))
  await cloud.sqs.call('SendMessageBatch', { QueueUrl: url, Entries })
  await clock.advance(0)
}
const bodies = (): Json[][] => events.map((records) => records.map(({ body }) => body ?? null))
const left = async (): Promise<JsonObject> => {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
  return (await cloud.sqs.call('GetQueueAttributes', { QueueUrl: url, AttributeNames: names })).Attributes as JsonObject
}
const none = { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' }

describe('a mapping of a queue to a function', () => {
  it('gives messages in the form of Lambda and deletes what was taken', async () => {
    await send('a')
    expect(events[0]?.[0]).toMatchObject({
      body: 'a',
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: 'eu-west-1',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {},
    })
    expect(await left()).toEqual(none)
  })

  it('gives at most its batch size at a time', async () => {
    await send('1', '2', '3', '4', '5', '6')
    await clock.advance(0)
    expect(bodies().flat().sort()).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(Math.max(...events.map((records) => records.length))).toBeLessThanOrEqual(5)
  })

  it('gives all messages again, once they show themselves, when the function fails', async () => {
    answer = () => {
      throw new Error('no')
    }
    await send('a', 'b')
    answer = () => null
    expect(bodies().flat()).toEqual(['a', 'b'])
    await clock.advance(29_000)
    expect(events).toHaveLength(1)
    await clock.advance(1000)
    expect(bodies()[1]).toEqual(['a', 'b'])
    expect(await left()).toEqual(none)
  })

  it('gives only those again that the function reports', async () => {
    answer = (records) => ({
      batchItemFailures: records
        .filter(({ body }) => body === 'bad')
        .map(({ messageId = null }) => ({ itemIdentifier: messageId })),
    })
    await send('good', 'bad')
    answer = () => null
    await clock.advance(30_000)
    expect(bodies()).toEqual([['good', 'bad'], ['bad']])
    expect(await left()).toEqual(none)
  })

  it.each([
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: 'x' },
    { batchItemFailures: [null] },
  ])('takes the malformed report %o as a failure of all', async (report) => {
    answer = () => report
    await send('a')
    expect(await left()).toEqual({ ...none, ApproximateNumberOfMessagesNotVisible: '1' })
  })

  it('goes on when its queue is away for a while, and says so once', async () => {
    await cloud.sqs.call('DeleteQueue', { QueueUrl: url })
    await clock.advance(5000)
    await cloud.sqs.call('CreateQueue', { QueueName: 'work' })
    await clock.advance(1000)
    await send('a')
    expect(bodies()).toEqual([['a']])
    expect(cloud.log.filter(({ event }) => event === 'mapping.failed')).toHaveLength(1)
  })
})
