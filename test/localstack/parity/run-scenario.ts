import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { Json, JsonObject } from '@gridgate/local/aws/service'
import { history } from '@gridgate/local/step-functions/conformance/run-case'
import type { Definition } from '@gridgate/local/step-functions/definition/definition'

const roleArn = 'arn:aws:iam::000000000000:role/gridgate-parity'

/** What an execution came to, as far as both engines must agree. */
export interface Outcome {
  status: string
  output: Json
  error: string | null
  /** Types of the events in order, those of states with the state's name. */
  events: string[]
}

/** An engine behind the SDK's client, and how its time passes while an execution runs. */
export interface EngineAtHand {
  client: SFNClient
  wait(): Promise<unknown>
}

/** Looks at an execution before it counts as one that does not end. */
const looksMax = 1000

export async function putMachine({ client }: EngineAtHand, name: string, definition: Definition): Promise<string> {
  const command = new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) })
  return (await client.send(command)).stateMachineArn ?? ''
}

export async function runScenario(
  engine: EngineAtHand,
  stateMachineArn: string,
  scenario: string,
  input: JsonObject,
): Promise<Outcome> {
  const { client, wait } = engine
  const start = new StartExecutionCommand({
    stateMachineArn,
    name: scenario,
    input: JSON.stringify({ ...input, scenario }),
  })
  const { executionArn = '' } = await client.send(start)
  for (let look = 0; look < looksMax; look++) {
    await wait()
    const {
      status = '',
      output = 'null',
      error = null,
    } = await client.send(new DescribeExecutionCommand({ executionArn }))
    if (status !== 'RUNNING')
      return { status, output: JSON.parse(output) as Json, error, events: await eventsOf(client, executionArn) }
  }
  throw new Error(`${scenario} does not end`)
}

async function eventsOf(client: SFNClient, executionArn: string): Promise<string[]> {
  const events = await history(client, executionArn)
  return events.map(({ type = '', stateEnteredEventDetails, stateExitedEventDetails }) => {
    const state = stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name
    return state === undefined ? type : `${type} ${state}`
  })
}
