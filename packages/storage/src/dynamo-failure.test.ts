import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, it } from 'vitest'
import { answered } from './dynamo-failure.ts'
import { dynamoStore } from './dynamo-store.ts'

it('says that the service is away when the table cannot be reached', async () => {
  const client = new DynamoDBClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const store = dynamoStore(client, 'table')
  const key = { pk: 'P', sk: 'S' }
  const requests = [
    store.get(key),
    store.query({ from: { pk: 'P' } }),
    store.write({ put: key }),
    store.write({ put: key }, { remove: { pk: 'P', sk: 'T' } }),
    store.writeMany([{ put: key }]),
  ]
  for (const request of requests) await expect(request).rejects.toMatchObject({ code: 'service.unavailable' })
})

it('says the same when the table is asked too much', async () => {
  const throttled = Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' })
  const request = answered(() => Promise.reject(throttled))
  await expect(request).rejects.toMatchObject({ code: 'service.unavailable', cause: throttled })
})

it('leaves a mistake of ours what it is', async () => {
  const mistake = Object.assign(new Error('no such attribute'), { name: 'ValidationException' })
  await expect(answered(() => Promise.reject(mistake))).rejects.toBe(mistake)
})
