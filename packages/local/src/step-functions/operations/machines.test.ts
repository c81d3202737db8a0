import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  StartExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { history } from '../conformance/run-case.ts'
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

describe('state machines', () => {
  it('are created once: the same again is the same answer, any other text is refused', async () => {
    const first = await client.send(new CreateStateMachineCommand({ name: 'once', definition: passing, roleArn }))
    await world.clock.advance(1_000)
    const again = await client.send(new CreateStateMachineCommand({ name: 'once', definition: passing, roleArn }))
    expect(again).toMatchObject({ stateMachineArn: first.stateMachineArn, creationDate: first.creationDate })
    await expect(create('once', `${passing} `)).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
      message: `State Machine Already Exists: '${arnOf('once')}'`,
    })
  })

  it.each(['', 'a b', 'a:b', 'a*', 'a/b', 'a"', 'x'.repeat(81), 'tab\t'])('refuse the name %j', async (name) => {
    await expect(create(name)).rejects.toMatchObject({ name: 'InvalidName', message: `Invalid Name: '${name}'` })
  })

  it('take dots in names', async () => {
    await expect(create('a.b-c_d')).resolves.toMatchObject({ stateMachineArn: arnOf('a.b-c_d') })
  })

  it('refuse a bad definition with its place', async () => {
    const definition = '{"QueryLanguage":"JSONata","StartAt":"A"}'
    await expect(create('bad', definition)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    })
  })

  it('refuse what the embedded cloud does not have, by name', async () => {
    const base = { name: 'unsupported', definition: passing, roleArn }
    const send = (more: object): Promise<unknown> => client.send(new CreateStateMachineCommand({ ...base, ...more }))
    await expect(send({ type: 'EXPRESS' })).rejects.toMatchObject({ name: 'StateMachineTypeNotSupported' })
    await expect(send({ publish: true })).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(send({ versionDescription: 'v' })).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(send({ tracingConfiguration: { enabled: true } })).rejects.toMatchObject({
      name: 'InvalidTracingConfiguration',
    })
    await expect(send({ loggingConfiguration: { level: 'ALL' } })).rejects.toMatchObject({
      name: 'InvalidLoggingConfiguration',
    })
    for (const operation of ['TestState', 'RedriveExecution', 'CreateActivity', 'PublishStateMachineVersion'])
      await expect(world.service.call(operation, {})).rejects.toMatchObject({ code: 'UnknownOperationException' })
  })

  it('show a revision after the first update, which running executions do not see', async () => {
    await create('updated', waiting)
    const before = await client.send(new DescribeStateMachineCommand({ stateMachineArn: arnOf('updated') }))
    expect(before).toMatchObject({ name: 'updated', status: 'ACTIVE', type: 'STANDARD', definition: waiting, roleArn })
    expect(before).not.toHaveProperty('revisionId')
    const executionArn = await start('updated')

    const { revisionId } = await client.send(
      new UpdateStateMachineCommand({ stateMachineArn: arnOf('updated'), definition: passing }),
    )
    const after = await client.send(new DescribeStateMachineCommand({ stateMachineArn: arnOf('updated') }))
    expect(after).toMatchObject({ definition: passing, revisionId })
    const ran = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn }))
    expect(ran).toMatchObject({ stateMachineArn: arnOf('updated'), definition: waiting })
    await world.clock.advance(60_000)
    expect((await history(client, executionArn)).map(({ type }) => type)).toContain('WaitStateExited')
    await expect(
      client.send(new UpdateStateMachineCommand({ stateMachineArn: arnOf('updated') })),
    ).rejects.toMatchObject({ name: 'MissingRequiredParameter' })
  })

  it('are gone once deleted, with their executions; deleting again is no error', async () => {
    await create('deleted')
    const executionArn = await start('deleted')
    await client.send(new DeleteStateMachineCommand({ stateMachineArn: arnOf('deleted') }))
    await client.send(new DeleteStateMachineCommand({ stateMachineArn: arnOf('deleted') }))
    await expect(start('deleted')).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: `State Machine Does Not Exist: '${arnOf('deleted')}'`,
    })
    await expect(describeRun(executionArn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' })
  })

  it('that are deleted while they run end at the next transition', async () => {
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'W',
      States: { W: { Type: 'Wait', Seconds: 60, Next: 'P' }, P: { Type: 'Pass', End: true } },
    })
    await create('deleting', definition)
    const executionArn = await start('deleting')
    await client.send(new DeleteStateMachineCommand({ stateMachineArn: arnOf('deleting') }))
    await expect(start('deleting')).rejects.toMatchObject({ name: 'StateMachineDeleting' })
    expect(await describeRun(executionArn)).toMatchObject({ status: 'RUNNING' })
    await world.clock.advance(60_000)
    await expect(describeRun(executionArn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' })
  })

  it('are listed page by page', async () => {
    const names: (string | undefined)[] = []
    let nextToken: string | undefined
    do {
      const page = await client.send(new ListStateMachinesCommand({ maxResults: 2, nextToken }))
      names.push(...(page.stateMachines ?? []).map(({ name }) => name))
      nextToken = page.nextToken
    } while (nextToken)
    expect(names).toContain('once')
    expect(new Set(names).size).toBe(names.length)
    await expect(client.send(new ListStateMachinesCommand({ nextToken: 'AAAA' }))).rejects.toMatchObject({
      name: 'InvalidToken',
    })
  })

  it('carry tags', async () => {
    await create('tagged')
    const resourceArn = arnOf('tagged')
    await client.send(
      new TagResourceCommand({
        resourceArn,
        tags: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      }),
    )
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }))
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }))
    expect(tags).toEqual([{ key: 'b', value: '2' }])
  })

  it('are validated without being created', async () => {
    const validate = (definition: string, severity?: 'WARNING') =>
      client.send(new ValidateStateMachineDefinitionCommand({ definition, severity }))
    expect(await validate(passing)).toMatchObject({ result: 'OK', diagnostics: [], truncated: false })
    const [empty, object, broken] = [await validate(''), await validate('{}'), await validate('{"a":')]
    expect(empty).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ code: 'SCHEMA_VALIDATION_FAILED', message: 'Definition must be a valid JSON object' }],
    })
    expect(empty.diagnostics?.[0]).not.toHaveProperty('location')
    expect(object.diagnostics?.[0]).toMatchObject({
      message: 'These fields are required: [States, StartAt]',
      location: '/',
    })
    expect(broken.diagnostics?.[0]).toMatchObject({ code: 'INVALID_JSON_DESCRIPTION', severity: 'ERROR' })
    const doubtful = passing.replace('"End":true', '"Output":"{% $typo %}","End":true')
    expect(await validate(doubtful)).toMatchObject({ result: 'OK', diagnostics: [] })
    expect(await validate(doubtful, 'WARNING')).toMatchObject({
      result: 'OK',
      diagnostics: [{ severity: 'WARNING', code: 'UNDEFINED_VARIABLE', location: '/States/P/Output' }],
    })
  })
})
