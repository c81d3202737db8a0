import { openTestCloud, type TestCloud } from '@gridgate/local/aws/test-cloud'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqsQueue } from './sqs-queue.ts'

let cloud: TestCloud
beforeEach(async () => {
  cloud = await openTestCloud()
})
afterEach(() => cloud.close())

const queueNamed = (name: string) => {
  const { endpoint, region, credentials } = cloud.client
  const environment = {
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  return sqsQueue(openAwsClient({ region, clock: { now: () => new Date() }, environment }), name)
}
const received = async (): Promise<unknown> => {
  const { QueueUrl = '' } = await cloud.sqs.call('GetQueueUrl', { QueueName: 'q' })
  const { Messages } = await cloud.sqs.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })
  return (Messages as { Body: string }[]).map(({ Body }) => Body).sort()
}

describe('sqsQueue', () => {
  it('sends messages as they are', async () => {
    await cloud.sqs.call('CreateQueue', { QueueName: 'q' })
    const queue = queueNamed('q')
    await queue.send('{"a":"ü — 🙂"}')
    await queue.send('b')
    expect(await received()).toEqual(['b', '{"a":"ü — 🙂"}'])
  })

  it('says that a queue takes nothing, and asks again where it is the next time', async () => {
    const queue = queueNamed('q')
    const refusal = { code: 'service.unavailable', retryAfterSeconds: 5, cause: { name: 'QueueDoesNotExist' } }
    await expect(queue.send('a')).rejects.toMatchObject(refusal)
    await cloud.sqs.call('CreateQueue', { QueueName: 'q' })
    await queue.send('b')
    expect(await received()).toEqual(['b'])
  })
})
