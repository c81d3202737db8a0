import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from '@gridgate/local/aws/test-cloud'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkSignature } from '../../test/aws-signature.ts'
import { type AwsClient, type AwsOperation, openAwsClient } from './aws-client.ts'

interface Asked {
  path: string | undefined
  headers: IncomingMessage['headers']
  body: string
  signed: ReturnType<typeof checkSignature>
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void

const keys: Record<string, string> = { AKIDONE: 'secret one', AKIDTWO: 'secret two' }
const at = new Date('2030-01-01T00:00:00Z')

let asked: Asked[]
/** What the server answers in turn; the last one stays. */
let answers: Answer[]
let pauses: number[]
let environment: Record<string, string>
let aws: AwsClient
let stop: () => Promise<void>

beforeEach(async () => {
  asked = []
  answers = [json(200, {})]
  pauses = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const { method = '', url: path = '', headers } = request
    const signed = checkSignature({ method, path, headers, body }, (key) => keys[key], ['content-type'])
    asked.push({ path, headers, body, signed })
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(response, request)
  })
  environment = {
    AWS_ENDPOINT_URL: await listen(server),
    AWS_ACCESS_KEY_ID: 'AKIDONE',
    AWS_SECRET_ACCESS_KEY: 'secret one',
  }
  aws = openAwsClient({
    ...{ region: 'eu-west-1', clock: { now: () => at }, environment },
    pause: async (ms) => void pauses.push(ms),
    random: () => 0.5,
  })
  stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(() => stop())

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(JSON.stringify(body))
const hangUp: Answer = (_, request) => request.socket.destroy()

const Status = z.object({ status: z.string() })
const look = (more: Partial<AwsOperation<z.infer<typeof Status>>> = {}) =>
  aws.call({
    ...{ service: 'states', operation: 'DescribeExecution', input: { executionArn: 'a' }, reply: Status },
    ...{ repeatable: true, msMax: 5000, ...more },
  })

describe('an operation of a JSON service', () => {
  it.each([
    ['sqs', 'AmazonSQS', '1.0'],
    ['states', 'AWSStepFunctions', '1.0'],
    ['kms', 'TrentService', '1.1'],
  ] as const)('of %s names its target, and is signed for service and region', async (service, target, version) => {
    answers = [json(200, { status: 'RUNNING', more: 1 })]
    expect(await look({ service })).toEqual({ status: 'RUNNING' })
    const [{ path, headers, body, signed } = {} as Asked] = asked
    expect([path, body]).toEqual(['/', '{"executionArn":"a"}'])
    expect(headers).toMatchObject({
      'x-amz-target': `${target}.DescribeExecution`,
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-date': '20300101T000000Z',
    })
    expect(signed).toEqual({ accessKey: 'AKIDONE', region: 'eu-west-1', service })
  })

  it('takes the credentials that are in the environment at that moment, with their token', async () => {
    answers = [json(200, { status: 'RUNNING' })]
    await look()
    environment.AWS_ACCESS_KEY_ID = 'AKIDTWO'
    environment.AWS_SECRET_ACCESS_KEY = 'secret two'
    environment.AWS_SESSION_TOKEN = 'token two'
    await look()
    expect(asked.map(({ signed, headers }) => [signed, headers['x-amz-security-token']])).toMatchObject([
      [{ accessKey: 'AKIDONE' }, undefined],
      [{ accessKey: 'AKIDTWO' }, 'token two'],
    ])
    delete environment.AWS_SECRET_ACCESS_KEY
    await expect(look()).rejects.toMatchObject({ name: 'CredentialsMissing', outcome: 'refused' })
  })

  it('goes to the address of its service where there is one, and to the region of AWS where there is none', async () => {
    answers = [json(200, { status: 'RUNNING' })]
    environment.AWS_ENDPOINT_URL_SFN = `${environment.AWS_ENDPOINT_URL}/`
    environment.AWS_ENDPOINT_URL = 'http://127.0.0.1:1'
    await look()
    expect(asked).toHaveLength(1)
    await expect(look({ service: 'kms' })).rejects.toMatchObject({ name: 'NotReached', outcome: 'unsent' })
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SFN']) delete environment[name]
    const gone = { repeatable: false, msMax: 0 }
    await expect(look(gone)).rejects.toMatchObject({
      message: expect.stringContaining('states.eu-west-1.amazonaws.com'),
    })
  })

  it.each([
    ['a namespace', json(400, { __type: 'com.amazonaws.sfn#ExecutionDoesNotExist', message: 'no' })],
    ['nothing around it', json(400, { __type: 'ExecutionDoesNotExist', Message: 'no' })],
    ['an address', json(400, { message: 'no' }, { 'x-amzn-errortype': 'ExecutionDoesNotExist:http://x/#y' })],
  ])('is refused by the code of AWS, told with %s, and not sent again', async (_, answer) => {
    answers = [answer]
    const refusal = { name: 'ExecutionDoesNotExist', message: 'no', outcome: 'refused' }
    await expect(look()).rejects.toMatchObject(refusal)
    expect([asked.length, pauses]).toEqual([1, []])
  })

  it('fails where the reply is something else, or larger than anybody needs', async () => {
    await expect(look()).rejects.toMatchObject({ name: 'UnreadableReply' })
    answers = [json(200, { status: 'x'.repeat(2 ** 20) })]
    await expect(look()).rejects.toMatchObject({ name: 'ReplyTooLarge' })
  })
})

describe('a call that AWS does not answer', () => {
  const throttle = json(400, { __type: 'ThrottlingException', message: 'slow down' })
  const broken = json(503, {})
  const done = json(200, { status: 'RUNNING' })

  it.each([
    ['throttles', [throttle, json(429, {}), done], [250, 500]],
    ['breaks, where the call may be repeated', [broken, hangUp, done], [50, 100]],
  ])('is sent again when AWS %s, after growing waits', async (_, given, waits) => {
    answers = given
    expect(await look()).toEqual({ status: 'RUNNING' })
    expect([asked.length, pauses]).toEqual([3, waits])
  })

  it('is given up after three times', async () => {
    answers = [throttle]
    await expect(look()).rejects.toMatchObject({ name: 'ThrottlingException', outcome: 'throttled' })
    expect(asked).toHaveLength(3)
  })

  it.each([
    ['breaks', broken, { name: 'Status503', outcome: 'unclear' }],
    ['hangs up', hangUp, { name: 'ConnectionLost', outcome: 'unclear' }],
  ])('is not sent again when AWS %s, where it may have been done and must not be twice', async (_, answer, failure) => {
    answers = [answer]
    await expect(look({ repeatable: false })).rejects.toMatchObject(failure)
    expect(asked).toHaveLength(1)
  })

  it('is sent again where nothing was done, whatever it is', async () => {
    answers = [throttle, done]
    expect(await look({ repeatable: false })).toEqual({ status: 'RUNNING' })
    environment.AWS_ENDPOINT_URL = 'http://127.0.0.1:1'
    await expect(look({ repeatable: false })).rejects.toMatchObject({ outcome: 'unsent' })
    expect(pauses).toEqual([250, 50, 100])
  })

  it('ends when its time is over, further attempts included', async () => {
    answers = [() => undefined]
    await expect(look({ msMax: 50 })).rejects.toMatchObject({ name: 'TimeoutError', outcome: 'unclear' })
    expect(asked).toHaveLength(1)
  })
})

describe('a function', () => {
  const call = { name: 'gridgate-internal-evaluate-policy', payload: '{"a":"ü"}', repeatable: true, msMax: 5000 }

  it('is asked by its name, and answers with text', async () => {
    answers = [json(200, { ok: true })]
    expect(await aws.invoke(call)).toEqual({ payload: '{"ok":true}', failed: false })
    expect(asked).toMatchObject([
      {
        path: '/2015-03-31/functions/gridgate-internal-evaluate-policy/invocations',
        body: '{"a":"ü"}',
        headers: { 'x-amz-invocation-type': 'RequestResponse' },
        signed: { service: 'lambda' },
      },
    ])
  })

  it('fails in its own words, which is an answer', async () => {
    answers = [json(200, { errorType: 'E' }, { 'x-amz-function-error': 'Unhandled' })]
    expect(await aws.invoke(call)).toEqual({ payload: '{"errorType":"E"}', failed: true })
  })

  it('is only looked for in a trial', async () => {
    answers = [(response) => response.writeHead(204).end()]
    expect(await aws.invoke({ ...call, payload: '', isTrial: true })).toEqual({ payload: '', failed: false })
    expect(asked[0]?.headers['x-amz-invocation-type']).toBe('DryRun')
  })

  it('is told whose call it is, under the signature, and only where there is somebody to tell of', async () => {
    answers = [json(200, 1)]
    await aws.invoke({ ...call, tenantId: 'blue' })
    await aws.invoke({ ...call, payload: '', isTrial: true, tenantId: 'blue' })
    await aws.invoke(call)
    expect(asked.map(({ headers }) => headers['x-amz-tenant-id'])).toEqual(['blue', 'blue', undefined])
    const signedNames = asked.map(({ headers }) => /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1])
    expect(signedNames.map((names) => names?.split(';').includes('x-amz-tenant-id'))).toEqual([true, true, false])
    for (const { signed } of asked) expect(signed).toMatchObject({ service: 'lambda' })
  })

  it('is asked again when too many are', async () => {
    answers = [json(429, { Type: 'User' }, { 'x-amzn-errortype': 'TooManyRequestsException' }), json(200, 1)]
    expect(await aws.invoke({ ...call, repeatable: false })).toEqual({ payload: '1', failed: false })
  })
})
