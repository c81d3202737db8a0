import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { World } from '../test-world.ts'
import type { Action, ConformanceCase } from './conformance-case.ts'

const roleArn = 'arn:aws:iam::000000000000:role/states'

/** What came of a case. */
export interface Outcome {
  executionArn: string
  status: string
  output: string | undefined
  events: HistoryEvent[]
}

/** Creates a machine and gives its ARN. */
export async function createMachine(client: SFNClient, name: string, definition: unknown): Promise<string> {
  const command = new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) })
  return (await client.send(command)).stateMachineArn ?? ''
}

/** Runs a case over HTTP and reads everything back over HTTP. */
export async function runCase(
  world: World,
  { machines = {}, ...given }: ConformanceCase,
  name: string,
): Promise<Outcome> {
  world.functions = given.functions ?? {}
  world.calls.length = 0
  for (const [other, definition] of Object.entries(machines)) await createMachine(world.client, other, definition)
  const stateMachineArn = await createMachine(world.client, name, given.definition)
  const start = new StartExecutionCommand({
    stateMachineArn,
    name: 'run',
    ...(given.input ? { input: given.input } : {}),
  })
  const { executionArn = '' } = await world.client.send(start)
  await world.settle()
  for (const action of given.actions ?? []) await act(world, executionArn, action)
  const described = await world.client.send(new DescribeExecutionCommand({ executionArn }))
  const events = await history(world.client, executionArn)
  // What still runs must not answer in the next case.
  if (described.status === 'RUNNING') await act(world, executionArn, { stop: {} })
  return {
    executionArn,
    status: described.status ?? '',
    output: described.output,
    events,
  }
}

async function act(world: World, executionArn: string, action: Action): Promise<void> {
  const { client } = world
  const taskToken = world.token()
  if ('advance' in action) await world.clock.advance(action.advance * 1_000)
  if ('success' in action) await client.send(new SendTaskSuccessCommand({ taskToken, output: action.success }))
  if ('failure' in action) await client.send(new SendTaskFailureCommand({ taskToken, ...action.failure }))
  if ('heartbeat' in action) await client.send(new SendTaskHeartbeatCommand({ taskToken }))
  if ('stop' in action) await client.send(new StopExecutionCommand({ executionArn, ...action.stop }))
  await world.settle()
}

/** A whole history, page by page. */
export async function history(client: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000, nextToken }))
    events.push(...(page.events ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return events
}
