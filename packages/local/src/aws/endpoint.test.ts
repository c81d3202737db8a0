import { request, type Server } from 'node:http'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lambdaRest } from '../lambda/lambda-rest.ts'
import { awsEndpoint } from './endpoint.ts'
import type { AwsService, JsonObject } from './service.ts'
import { listen, openTestCloud, type TestCloud } from './test-cloud.ts'

let cloud: TestCloud
let unsigned: Server
let open: string
beforeAll(async () => {
  cloud = await openTestCloud({ dynamoDb: true })
  unsigned = awsEndpoint({ AmazonSQS: cloud.sqs }, { rest: lambdaRest(cloud.lambda) })
  open = await listen(unsigned)
})
afterAll(async () => {
  unsigned.close()
  await cloud.close()
})

const nameOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error: Error) => error.name,
  )

function post(
  headers: Record<string, string>,
  body = '{}',
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(cloud.client.endpoint, { method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

describe('the endpoint', () => {
  it('answers each service by its target header, with one key for all', async () => {
    const queues = await new SQSClient(cloud.client).send(new ListQueuesCommand({}))
    const tables = await new DynamoDBClient(cloud.client).send(new ListTablesCommand({}))
    expect(queues.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(tables.TableNames).toEqual([])
  })

  it.each([
    {
      what: 'another key id',
      credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' },
      error: 'UnrecognizedClientException',
    },
    {
      what: 'another secret',
      credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'x' },
      error: 'InvalidSignatureException',
    },
  ])('refuses a caller with $what, for every service', async ({ credentials, error }) => {
    const client = { ...cloud.client, credentials }
    expect(await nameOf(new SQSClient(client).send(new ListQueuesCommand({})))).toBe(error)
    expect(await nameOf(new DynamoDBClient(client).send(new ListTablesCommand({})))).toBe(error)
  })

  it('refuses a request without a signature', async () => {
    const reply = await post({ 'x-amz-target': 'AmazonSQS.ListQueues' })
    expect(reply.status).toBe(403)
    expect(JSON.parse(reply.body)).toMatchObject({ __type: 'MissingAuthenticationTokenException' })
  })

  it.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ])('refuses the host name %s, as a rebound DNS name would send it', async (host) => {
    const reply = await post({ host, 'x-amz-target': 'AmazonSQS.ListQueues' })
    expect(reply.status).toBe(403)
    expect(JSON.parse(reply.body)).toMatchObject({ __type: 'AccessDeniedException' })
  })
})

it('logs a defect of a service and tells its caller nothing of it', async () => {
  const log: JsonObject[] = []
  const service: AwsService = { call: () => Promise.reject(new Error('secret detail')) }
  const server = awsEndpoint({ Broken: service }, { log: (event, fields) => void log.push({ event, ...fields }) })
  const reply = await fetch(await listen(server), { method: 'POST', headers: { 'x-amz-target': 'Broken.Go' } })
  expect(reply.status).toBe(500)
  expect(await reply.json()).toEqual({ __type: 'InternalFailure', message: 'internal failure' })
  expect(log).toMatchObject([{ event: 'aws.failed', reason: expect.stringContaining('secret detail') }])
  server.close()
})

it('tells a service when its caller hangs up', async () => {
  const seen: AbortSignal[] = []
  const service: AwsService = {
    call: (_operation, _input, gone) => {
      if (gone) seen.push(gone)
      return new Promise(() => {})
    },
  }
  const server = awsEndpoint({ Slow: service })
  const hangUp = new AbortController()
  const asked = fetch(await listen(server), {
    method: 'POST',
    headers: { 'x-amz-target': 'Slow.Wait' },
    signal: hangUp.signal,
  })
  await expect.poll(() => seen.length).toBe(1)
  expect(seen[0]?.aborted).toBe(false)
  hangUp.abort()
  await expect(asked).rejects.toThrow()
  await expect.poll(() => seen[0]?.aborted).toBe(true)
  server.close()
})

describe('calls that no service takes', () => {
  const answer = (headers: Record<string, string>, body: string, path = '/'): Promise<Response> =>
    fetch(`${open}${path}`, { method: 'POST', headers, body })

  it.each([
    'AmazonSQS.Fly',
    'Nobody.Knows',
    'constructor.x',
    'AmazonSQS.constructor',
    'AmazonSQS',
  ])('are answered with UnknownOperationException in the JSON protocol: %s', async (target) => {
    const reply = await answer({ 'x-amz-target': target }, '{}')
    expect(reply.status).toBe(400)
    expect(reply.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await reply.json()).toMatchObject({ __type: 'UnknownOperationException' })
  })

  it.each(['{', '[]', 'null', '1'])('are answered with SerializationException for the body %s', async (body) => {
    const reply = await answer({ 'x-amz-target': 'AmazonSQS.ListQueues' }, body)
    expect(await reply.json()).toMatchObject({ __type: 'SerializationException' })
  })

  it('are answered with InvalidAction as XML in the query protocol', async () => {
    const reply = await answer({ 'content-type': 'application/x-www-form-urlencoded' }, 'Action=List<Queues&Version=1')
    expect(reply.status).toBe(400)
    expect(await reply.text()).toContain('<Code>InvalidAction</Code><Message>List&#60;Queues')
  })

  it.each([
    '/bucket/key',
    '/2015-03-31/functions/a/b/c',
    '/2015-03-31/functions/%',
    '/2015-03-31/event-source-mappings',
  ])('are answered with 404 for the path %s', async (path) => {
    const reply = await answer({}, '', path)
    expect(reply.status).toBe(404)
    expect(reply.headers.get('x-amzn-errortype')).toBe('UnknownOperationException')
  })

  it('are refused when the body is larger than any service takes', async () => {
    const reply = await answer({ 'x-amz-target': 'AmazonSQS.ListQueues' }, 'x'.repeat(16 * 2 ** 20 + 1))
    expect(reply.status).toBe(413)
  })
})
