import {
  GetFunctionCommand,
  type InvocationType,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'
import type { FunctionConfiguration } from './function-configuration.ts'

const clock = manualClock()
const sample = new URL('./fixtures/sample-functions.ts', import.meta.url).pathname
const inWorker = (
  handler: string,
  more: Partial<{ module: string; timeoutSeconds: number; worker: string }> = {},
): FunctionConfiguration => ({
  name: handler,
  module: sample,
  handler,
  timeoutSeconds: 30,
  memoryMb: 64,
  environment: { COLOUR: 'blue' },
  ...more,
})
/** When `failAtFirst` was tried. */
const attempts: number[] = []
const functions: FunctionConfiguration[] = [
  ...['echo', 'nothing', 'fail', 'failWithText', 'eatMemory', 'leave', 'forget', 'large', 'speak'].map((name) =>
    inWorker(name),
  ),
  ...['listTables', 'dieLater', 'absent'].map((name) => inWorker(name)),
  { ...inWorker('echo'), name: 'shared-1', worker: 'shared' },
  { ...inWorker('echo'), name: 'shared-2', worker: 'shared' },
  inWorker('hang', { timeoutSeconds: 3, worker: 'slow' }),
  inWorker('spin', { timeoutSeconds: 3, worker: 'slow' }),
  { ...inWorker('nothing'), name: 'slow-start', worker: 'slow' },
  { ...inWorker('echo'), name: 'missing', module: '/nowhere/at/all.ts' },
  { ...inWorker('echo'), name: 'broken', module: sample.replace('sample-functions', 'broken-function') },
  {
    name: 'failAtFirst',
    timeoutSeconds: 5,
    async invoke(payload) {
      attempts.push(clock.now())
      if (attempts.length <= Number(payload)) throw new Error('not yet')
      return null
    },
  },
  {
    name: 'hosted',
    timeoutSeconds: 5,
    async invoke(payload, context) {
      if (payload === 'fail') throw new TypeError('hosted failure')
      if (payload === 'hang') return new Promise<never>(() => {})
      return { payload, requestId: context.awsRequestId }
    },
  },
]

const workersMax = 2
let cloud: TestCloud
let lambda: LambdaClient
beforeAll(async () => {
  cloud = await openTestCloud({ functions, clock, dynamoDb: true, workersMax, idleSecondsMax: 60 })
  lambda = new LambdaClient(cloud.client)
})
afterAll(() => cloud.close())

interface Answer {
  status: number | undefined
  error: string | undefined
  payload: Record<string, unknown>
}
async function invoke(name: string, event: unknown = {}, type: InvocationType = 'RequestResponse'): Promise<Answer> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), InvocationType: type })
  const reply = await lambda.send(command)
  const text = Buffer.from(reply.Payload ?? []).toString()
  return { status: reply.StatusCode, error: reply.FunctionError, payload: text === '' ? {} : JSON.parse(text) }
}
const lines = (): unknown[] =>
  cloud.log.filter(({ event }) => event === 'function.line').map(({ fields }) => fields.line)
/** Waits for what a worker does on its own thread. */
const until = (isSo: () => boolean): Promise<void> => expect.poll(isSo, { timeout: 10_000, interval: 5 }).toBe(true)

describe('a function', () => {
  it('gets the event and the context, and keeps its state between events', async () => {
    const { payload } = await invoke('echo', { a: ['ü', null] })
    expect(payload).toMatchObject({
      event: { a: ['ü', null] },
      calls: 1,
      functionName: 'echo',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:echo',
      memoryLimitInMB: '64',
    })
    expect(payload.awsRequestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(payload.remainingMs).toBeGreaterThan(25_000)
    expect((await invoke('arn:aws:lambda:eu-west-1:000000000000:function:echo')).payload.calls).toBe(2)
  })

  it('sees exactly its own environment, nothing of this process', async () => {
    expect((await invoke('echo')).payload.environment).toEqual({
      COLOUR: 'blue',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: cloud.client.endpoint,
      AWS_ACCESS_KEY_ID: cloud.client.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.client.credentials.secretAccessKey,
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
    })
  })

  it('reaches the other services with that environment alone', async () => {
    expect((await invoke('listTables')).payload).toEqual([])
  })

  it('answers null when it returns nothing', async () => {
    expect((await invoke('nothing')).payload).toBeNull()
  })

  it('has its output logged line by line', async () => {
    await invoke('speak')
    await until(() => ['one', 'two', 'three'].every((line) => lines().includes(line)))
  })
})

describe('a failure', () => {
  it('is told as type, message and trace', async () => {
    const { status, error, payload } = await invoke('fail', { text: 'too far' })
    expect({ status, error }).toEqual({ status: 200, error: 'Unhandled' })
    expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' })
    expect((payload.trace as string[])[0]).toBe('RangeError: too far')
    expect((await invoke('failWithText')).payload).toEqual({
      errorType: 'string',
      errorMessage: 'just a text',
      trace: [],
    })
  })

  it.each([
    {
      name: 'leave',
      event: { code: 7 },
      errorType: 'Runtime.ExitError',
      message: 'Runtime exited with error: exit status 7',
    },
    {
      name: 'leave',
      event: { code: 0 },
      errorType: 'Runtime.ExitError',
      message: 'Runtime exited without providing a reason',
    },
    { name: 'forget', event: {}, errorType: 'Runtime.UnhandledPromiseRejection', message: 'forgotten' },
    { name: 'eatMemory', event: {}, errorType: 'Runtime.OutOfMemory', message: 'signal: killed' },
    { name: 'absent', event: {}, errorType: 'Runtime.HandlerNotFound', message: 'absent is undefined or not exported' },
    { name: 'missing', event: {}, errorType: 'Runtime.ImportModuleError', message: '/nowhere/at/all.ts' },
    { name: 'broken', event: {}, errorType: 'SyntaxError', message: 'this module cannot be loaded' },
  ])('of the process is told as $errorType: $name', async ({ name, event, errorType, message }) => {
    const { error, payload } = await invoke(name, event)
    expect(error).toBe('Unhandled')
    expect(payload.errorType).toBe(errorType)
    expect(payload.errorMessage).toContain(message)
    // A new worker takes the next event.
    expect((await invoke('nothing')).payload).toBeNull()
  })

  it.each(['hang', 'spin'])('is that it takes too long: %s', async (name) => {
    await invoke('slow-start')
    const running = cloud.lambda.invoke(name, '{}')
    await clock.advance(2999)
    expect(await Promise.race([running, 'still running'])).toBe('still running')
    await clock.advance(1)
    const { payload, functionError, requestId } = await running
    expect(functionError).toBe('Unhandled')
    expect(JSON.parse(payload)).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 3.00 seconds`,
    })
  })

  it('between two events does not spoil the second', async () => {
    // Both workers there may be are there, so that the end of one shows however early it comes.
    for (const name of ['echo', 'nothing']) await invoke(name)
    await until(() => cloud.lambda.workers() === workersMax)
    expect((await invoke('dieLater')).payload).toBe('alive')
    await until(() => cloud.lambda.workers() < workersMax)
    expect((await invoke('dieLater')).payload).toBe('alive')
  })
})

describe('a hosted function', () => {
  it('answers, fails and times out as others do', async () => {
    expect((await invoke('hosted', { a: 1 })).payload).toMatchObject({ payload: { a: 1 } })
    expect(await invoke('hosted', 'fail')).toMatchObject({
      error: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'hosted failure' },
    })
    const hanging = cloud.lambda.invoke('hosted', '"hang"')
    await clock.advance(5000)
    expect(JSON.parse((await hanging).payload)).toMatchObject({ errorType: 'Sandbox.Timedout' })
  })
})

describe('the host', () => {
  it('runs one event at a time, in their order', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => invoke('echo')))
    const calls = answers.map(({ payload }) => Number(payload.calls))
    expect(new Set(calls).size).toBe(5)
    expect(Math.max(...calls) - Math.min(...calls)).toBe(4)
  })

  it('serves more functions at once than it may keep workers', async () => {
    const names = ['echo', 'nothing', 'large', 'speak', 'listTables']
    const answers = await Promise.all(names.map((name) => invoke(name, { bytes: 1 })))
    expect(answers.map(({ error }) => error)).toEqual(names.map(() => undefined))
    await until(() => cloud.lambda.workers() <= 2)
  })

  it('ends workers that were idle for long', async () => {
    await invoke('echo')
    expect(cloud.lambda.workers()).toBeGreaterThan(0)
    await clock.advance(60_000)
    await until(() => cloud.lambda.workers() === 0)
    expect((await invoke('echo')).payload.calls).toBe(1)
  })

  it('lets functions share a worker, each under its own name', async () => {
    const first = (await invoke('shared-1')).payload
    const second = (await invoke('shared-2')).payload
    expect(first).toMatchObject({ calls: 1, functionName: 'shared-1' })
    expect(second).toMatchObject({ calls: 2, functionName: 'shared-2' })
    expect(second.environment).toMatchObject({ AWS_LAMBDA_FUNCTION_NAME: 'shared-2' })
  })

  it('bounds payloads as AWS does', async () => {
    const size = 6_291_556
    expect((await invoke('large', { bytes: size - 2 })).error).toBeUndefined()
    expect((await invoke('large', { bytes: size - 1 })).payload.errorType).toBe('Function.ResponseSizeTooLarge')
    await expect(invoke('nothing', 'x'.repeat(size - 1))).rejects.toMatchObject({ name: 'RequestTooLargeException' })
    await expect(invoke('nothing', 'x'.repeat(1_048_575), 'Event')).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    })
  })

  it('describes and lists functions, and knows no others', async () => {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'echo' }))
    expect(Configuration).toMatchObject({
      FunctionName: 'echo',
      Handler: 'echo',
      Timeout: 30,
      MemorySize: 64,
      State: 'Active',
    })
    expect((await lambda.send(new ListFunctionsCommand({}))).Functions).toHaveLength(functions.length)
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(lambda.send(new GetFunctionCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(lambda.send(new InvokeCommand({ FunctionName: 'echo', Qualifier: 'old' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(cloud.lambda.invoke('echo', '{')).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
  })

  it('runs nothing for a dry run', async () => {
    const before = Number((await invoke('echo')).payload.calls)
    expect((await invoke('echo', {}, 'DryRun')).status).toBe(204)
    expect((await invoke('echo')).payload.calls).toBe(before + 1)
  })
})

describe('an asynchronous event', () => {
  const dropped = (): unknown[] =>
    cloud.log.filter(({ event }) => event === 'function.event_dropped').map(({ fields }) => fields)
  beforeEach(() => {
    attempts.length = 0
  })

  it('is accepted at once and tried again after one and two minutes', async () => {
    expect((await invoke('failAtFirst', 2, 'Event')).status).toBe(202)
    const start = clock.now()
    await clock.advance(600_000)
    expect(attempts.map((at) => at - start)).toEqual([0, 60_000, 180_000])
    expect(dropped()).toEqual([])
  })

  it('is dropped with a log line after its third failure', async () => {
    await invoke('failAtFirst', 9, 'Event')
    await clock.advance(600_000)
    expect(attempts).toHaveLength(3)
    expect(dropped()).toMatchObject([{ function: 'failAtFirst', attempts: 3 }])
  })

  it('runs after a restart when it was accepted before', async () => {
    await invoke('failAtFirst', 1, 'Event')
    await clock.advance(0)
    expect(attempts).toHaveLength(1)
    await cloud.restart()
    lambda = new LambdaClient(cloud.client)
    await clock.advance(60_000)
    expect(attempts).toHaveLength(2)
  })
})
