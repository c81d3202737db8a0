import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../test-world.ts'

const roleArn = 'arn:aws:iam::000000000000:role/states'
const arnOf = (name: string): string => `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`
const waiting = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'W',
  States: { W: { Type: 'Wait', Seconds: 60, End: true } },
})
const passing = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'P', States: { P: { Type: 'Pass', End: true } } })

let world: World
let client: World['client']

beforeAll(async () => {
  world = await openWorld()
  client = world.client
})

afterAll(() => world.close())

const create = (name: string, definition = passing): Promise<unknown> =>
  client.send(new CreateStateMachineCommand({ name, definition, roleArn }))
const start = async (machine: string, more: { name?: string; input?: string } = {}): Promise<string> => {
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn: arnOf(machine), ...more }),
  )
  await world.settle()
  return executionArn
}
const describeRun = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }))

describe('executions', () => {
  it('start once per name while they run with the same input, and never again after', async () => {
    await create('named', waiting)
    const send = (input?: string) =>
      client.send(new StartExecutionCommand({ stateMachineArn: arnOf('named'), name: 'n', input }))
    const first = await send()
    await world.clock.advance(1_000)
    expect(await send('{}')).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate })
    const exists = { name: 'ExecutionAlreadyExists', message: `Execution Already Exists: '${first.executionArn}'` }
    await expect(send('{"other":1}')).rejects.toMatchObject(exists)
    await world.clock.advance(60_000)
    await expect(send()).rejects.toMatchObject(exists)
  })

  it.each(['', '{', '{"a":}', 'nope'])('refuse the input %j', async (input) => {
    await create('input')
    await expect(start('input', { input })).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
      message: expect.stringMatching(/^Invalid State Machine Execution Input: '/),
    })
  })

  it('take any JSON text up to 262,144 bytes', async () => {
    for (const input of ['0', '"s"', 'null', `"${'x'.repeat(262_142)}"`])
      expect(await describeRun(await start('input', { input }))).toMatchObject({ status: 'SUCCEEDED', input })
    await expect(start('input', { input: `"${'x'.repeat(262_143)}"` })).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
    })
  })

  it('are described as they are', async () => {
    const done = await describeRun(await start('input', { input: '[1]' }))
    expect(done).toMatchObject({
      status: 'SUCCEEDED',
      output: '[1]',
      outputDetails: { included: true },
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      stopDate: expect.any(Date),
    })
    for (const field of ['error', 'cause']) expect(done).not.toHaveProperty(field)
    const running = await describeRun(await start('named', { name: 'running' }))
    expect(running).toMatchObject({ status: 'RUNNING' })
    for (const field of ['stopDate', 'output', 'outputDetails', 'error']) expect(running).not.toHaveProperty(field)
  })

  it('are stopped with error and cause; stopping again changes nothing', async () => {
    const executionArn = await start('named', { name: 'stopped' })
    const stop = (error: string) => client.send(new StopExecutionCommand({ executionArn, error, cause: 'why' }))
    const { stopDate } = await stop('Mine')
    await world.clock.advance(5_000)
    expect(await stop('Other')).toMatchObject({ stopDate })
    const described = await describeRun(executionArn)
    expect(described).toMatchObject({
      status: 'ABORTED',
      error: 'Mine',
      cause: 'why',
      stopDate,
      redriveStatus: 'REDRIVABLE',
    })
    expect(described).not.toHaveProperty('output')
  })

  it('are listed newest first, page by page, by status', async () => {
    await create('listed', waiting)
    for (const name of ['a', 'b', 'c']) await start('listed', { name })
    await client.send(
      new StopExecutionCommand({ executionArn: `${arnOf('listed').replace('stateMachine', 'execution')}:b` }),
    )
    const list = (more: object) => client.send(new ListExecutionsCommand({ stateMachineArn: arnOf('listed'), ...more }))
    const first = await list({ maxResults: 2 })
    expect(first.executions?.map(({ name }) => name)).toEqual(['c', 'b'])
    const second = await list({ maxResults: 2, nextToken: first.nextToken })
    expect(second.executions?.map(({ name }) => name)).toEqual(['a'])
    expect(second).not.toHaveProperty('nextToken')
    const running = await list({ statusFilter: 'RUNNING' })
    expect(running.executions?.map(({ name }) => name)).toEqual(['c', 'a'])
    expect(Object.keys(running.executions?.[0] ?? {}).sort()).toEqual(
      ['executionArn', 'name', 'redriveCount', 'startDate', 'stateMachineArn', 'status'].sort(),
    )
    await expect(list({ statusFilter: 'WEIRD' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]'),
    })
    await expect(list({ maxResults: 1_001 })).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('show their history forwards, backwards, in pages, and without data', async () => {
    const executionArn = await start('input', { input: '{"secret":1}' })
    const get = (more: object) => client.send(new GetExecutionHistoryCommand({ executionArn, ...more }))
    const backwards = await get({ reverseOrder: true, maxResults: 3 })
    expect(backwards.events?.map(({ id }) => id)).toEqual([4, 3, 2])
    const rest = await get({ reverseOrder: true, maxResults: 3, nextToken: backwards.nextToken })
    expect(rest.events?.map(({ id }) => id)).toEqual([1])
    expect(rest).not.toHaveProperty('nextToken')
    const bare = await get({ includeExecutionData: false })
    expect(JSON.stringify(bare.events)).not.toContain('secret')
    expect(bare.events?.[1]).toMatchObject({
      stateEnteredEventDetails: { name: 'P', inputDetails: { truncated: false } },
    })
  })

  it.each([
    ['nonsense', 'InvalidArn', "Invalid Arn: 'Invalid ARN prefix: nonsense'"],
    [`${arnOf('x').replace('stateMachine', 'execution')}:y`, 'ExecutionDoesNotExist', 'Execution Does Not Exist: '],
    [arnOf('x'), 'InvalidArn', 'Invalid Arn: '],
  ])('are not found under %s', async (arn, name, message) => {
    await expect(describeRun(arn)).rejects.toMatchObject({ name, message: expect.stringContaining(message) })
  })

  it('fail at the 25,000th event, which is the last', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Next: 'C' },
        C: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'E' },
        E: { Type: 'Succeed' },
      },
    }
    await create('endless', JSON.stringify(definition))
    const executionArn = await start('endless')
    await expect.poll(async () => (await describeRun(executionArn)).status, { timeout: 20_000 }).toBe('FAILED')
    const last = await client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }))
    expect(last.events).toMatchObject([{ id: 25_000, type: 'ExecutionFailed' }])
  })
})

describe('task tokens', () => {
  const send = (taskToken: string, output = '1') => client.send(new SendTaskSuccessCommand({ taskToken, output }))

  it('are refused when made up, used up, or of an execution that is gone', async () => {
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          Arguments: { QueueUrl: 'q', MessageBody: '{% {"token": $states.context.Task.Token} %}' },
          End: true,
        },
      },
    })
    await create('token', definition)
    const executionArn = await start('token')
    const token = world.token()
    await expect(send('made up')).rejects.toMatchObject({
      name: 'InvalidToken',
      message: "Invalid Token: 'Invalid token'",
    })
    await expect(send(token, '{')).rejects.toMatchObject({ name: 'InvalidOutput' })
    expect(await describeRun(executionArn)).toMatchObject({ status: 'RUNNING' })
    await send(token)
    expect(await describeRun(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '1' })
    await expect(send(token)).rejects.toMatchObject({ name: 'TaskTimedOut' })
    await expect(client.send(new SendTaskHeartbeatCommand({ taskToken: token }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
    await client.send(new DeleteStateMachineCommand({ stateMachineArn: arnOf('token') }))
    await expect(send(token)).rejects.toMatchObject({ name: 'TaskDoesNotExist' })
  })
})
