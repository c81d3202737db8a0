import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../aws/service.ts'
import { createMachine, history } from '../conformance/run-case.ts'
import { openWorld, type World } from '../test-world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const arnOf = (machine: string): string => `arn:aws:states:eu-west-1:000000000000:stateMachine:${machine}`
const machine = (states: JsonObject): JsonObject => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0] ?? '',
  States: states,
})
const typesOf = async (executionArn: string): Promise<string[]> =>
  (await history(world.client, executionArn)).map(({ type, previousEventId }) => `${type} <- ${previousEventId}`)
const statusOf = async (executionArn: string): Promise<string | undefined> =>
  (await world.client.send(new DescribeExecutionCommand({ executionArn }))).status

async function start(name: string, definition: JsonObject, input: Json = {}): Promise<string> {
  const stateMachineArn = await createMachine(world.client, name, definition)
  const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) })
  const { executionArn = '' } = await world.client.send(command)
  await world.settle()
  return executionArn
}

const sync: JsonObject = {
  Type: 'Task',
  Resource: 'arn:aws:states:::states:startExecution.sync:2',
  Arguments: { StateMachineArn: arnOf('child'), Input: { token: '{% $states.context.Task.Token %}' } },
  End: true,
}
const nap = machine({ Nap: { Type: 'Wait', Seconds: 600, End: true } })

/** The only execution of the machine `child`. */
async function childOf(): Promise<{ status: string | undefined; input: string | undefined }> {
  const list = await world.client.send(new ListExecutionsCommand({ stateMachineArn: arnOf('child') }))
  expect(list.executions).toHaveLength(1)
  const executionArn = list.executions?.[0]?.executionArn
  const { status, input } = await world.client.send(new DescribeExecutionCommand({ executionArn }))
  return { status, input }
}

describe('a task token that comes before the service has answered', () => {
  it('is acknowledged at once and counts after TaskSubmitted', async () => {
    let answer = (): void => {}
    world.functions = {
      slow: [
        {
          later: new Promise<void>((resolve) => {
            answer = resolve
          }),
        },
      ],
    }
    const executionArn = await start(
      'early',
      machine({
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: { FunctionName: 'slow', Payload: { token: '{% $states.context.Task.Token %}' } },
          End: true,
        },
      }),
    )
    await world.client.send(new SendTaskSuccessCommand({ taskToken: world.token(), output: '"early"' }))
    await expect(
      world.client.send(new SendTaskSuccessCommand({ taskToken: world.token(), output: '2' })),
    ).rejects.toMatchObject({ name: 'TaskTimedOut' })
    expect(await statusOf(executionArn)).toBe('RUNNING')
    answer()
    await world.settle()
    expect((await typesOf(executionArn)).slice(2)).toEqual([
      'TaskScheduled <- 2',
      'TaskStarted <- 3',
      'TaskSubmitted <- 4',
      'TaskSucceeded <- 5',
      'TaskStateExited <- 6',
      'ExecutionSucceeded <- 7',
    ])
  })
})

describe('the child of a .sync:2 task', () => {
  beforeEach(() => createMachine(world.client, 'child', nap))

  it('is stopped when its parent is', async () => {
    const executionArn = await start('parent', machine({ T: sync }))
    expect(await childOf()).toMatchObject({ status: 'RUNNING' })
    await world.client.send(new StopExecutionCommand({ executionArn }))
    await world.settle()
    expect(await childOf()).toMatchObject({ status: 'ABORTED' })
  })

  it('is stopped when another branch fails', async () => {
    const failing = machine({ W: { Type: 'Wait', Seconds: 5, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } })
    const Branches = [failing, machine({ T: sync })].map(({ StartAt, States }) => ({ StartAt, States }) as JsonObject)
    const executionArn = await start('fan', machine({ P: { Type: 'Parallel', Branches, End: true } }))
    await world.clock.advance(5_000)
    await world.settle()
    expect(await statusOf(executionArn)).toBe('FAILED')
    expect(await childOf()).toMatchObject({ status: 'ABORTED' })
  })

  it('runs on when the task ends by its token', async () => {
    const executionArn = await start('told', machine({ T: sync }))
    const { input = '{}' } = await childOf()
    const { token } = JSON.parse(input) as { token: string }
    await world.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }))
    expect(await statusOf(executionArn)).toBe('SUCCEEDED')
    expect(await childOf()).toMatchObject({ status: 'RUNNING' })
  })

  it('runs on when the task times out', async () => {
    const executionArn = await start('late', machine({ T: { ...sync, TimeoutSeconds: 5 } }))
    await world.clock.advance(5_000)
    expect(await statusOf(executionArn)).toBe('FAILED')
    expect(await childOf()).toMatchObject({ status: 'RUNNING' })
  })
})

describe('levels inside each other', () => {
  const graph = (states: JsonObject): JsonObject => ({ StartAt: Object.keys(states)[0] ?? '', States: states })

  it('are aborted with all that is in them, everything pointing to what failed', async () => {
    const inner = graph({ W: { Type: 'Wait', Seconds: 60, End: true } })
    const executionArn = await start(
      'nested',
      machine({
        P: {
          Type: 'Parallel',
          Branches: [
            graph({ M: { Type: 'Map', Items: [1], ItemProcessor: inner, End: true } }),
            graph({ V: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } }),
          ],
          End: true,
        },
      }),
    )
    await world.clock.advance(1_000)
    const events = await history(world.client, executionArn)
    const failed = events.find(({ type }) => type === 'FailStateEntered')?.id
    expect((await typesOf(executionArn)).slice(failed)).toEqual([
      `MapIterationAborted <- ${failed}`,
      `WaitStateAborted <- ${failed}`,
      `MapStateAborted <- ${failed}`,
      `ParallelStateFailed <- ${failed}`,
      `ExecutionFailed <- ${(failed ?? 0) + 4}`,
    ])
  })

  it('see the innermost Map item', async () => {
    const show = graph({ S: { Type: 'Pass', Output: '{% $states.context.Map.Item %}', End: true } })
    const branches = graph({ P: { Type: 'Parallel', Branches: [show], End: true } })
    const executionArn = await start(
      'items',
      machine({
        M: {
          Type: 'Map',
          Items: ['a'],
          ItemProcessor: graph({ N: { Type: 'Map', Items: ['b', 'c'], ItemProcessor: branches, End: true } }),
          End: true,
        },
      }),
    )
    const { output } = await world.client.send(new DescribeExecutionCommand({ executionArn }))
    expect(JSON.parse(output ?? '')).toEqual([[[{ Index: 0, Value: 'b' }], [{ Index: 1, Value: 'c' }]]])
  })

  it('run at most 40 iterations at once, all of them in the end', async () => {
    const items = Array.from({ length: 100 }, (_, index) => index)
    const executionArn = await start(
      'many',
      machine({ M: { Type: 'Map', ItemProcessor: graph({ W: { Type: 'Wait', Seconds: 1, End: true } }), End: true } }),
      items,
    )
    const started = async (): Promise<number> =>
      (await typesOf(executionArn)).filter((type) => type.startsWith('MapIterationStarted')).length
    expect(await started()).toBe(40)
    await world.clock.advance(3_000)
    const { output } = await world.client.send(new DescribeExecutionCommand({ executionArn }))
    expect(JSON.parse(output ?? '')).toEqual(items)
  })

  it('fail as a whole when an ItemSelector does, also while other iterations run', async () => {
    const executionArn = await start(
      'selector',
      machine({
        M: {
          Type: 'Map',
          Items: [1, 2, 'x'],
          MaxConcurrency: 2,
          ItemSelector: '{% $states.context.Map.Item.Value * 10 %}',
          ItemProcessor: graph({ W: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } }),
          Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'E' }],
          Next: 'E',
        },
        E: { Type: 'Succeed' },
      }),
    )
    await world.clock.advance(10_000)
    expect(await statusOf(executionArn)).toBe('SUCCEEDED')
    const types = (await typesOf(executionArn)).map((text) => text.split(' ')[0])
    expect(types.slice(types.indexOf('MapIterationSucceeded'))).toEqual([
      'MapIterationSucceeded',
      'MapIterationAborted',
      'WaitStateAborted',
      'EvaluationFailed',
      'MapStateFailed',
      'MapStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ])
  })
})
