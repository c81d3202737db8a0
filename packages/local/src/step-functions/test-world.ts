import type { AddressInfo } from 'node:net'
import { SFNClient } from '@aws-sdk/client-sfn'
import { awsEndpoint } from '../aws/endpoint.ts'
import { AwsError, type Json, type JsonObject } from '../aws/service.ts'
import { manualClock } from '../clock.ts'
import type { FunctionAnswer } from './conformance/conformance-case.ts'
import {
  type ExecutionStatusChange,
  type Integrations,
  openStepFunctions,
  type StepFunctions,
} from './open-step-functions.ts'

export const region = 'eu-west-1'
export const accountId = '000000000000'

/** The service on a random port with the SDK's client, a clock that stands still, and scripted functions. */
export interface World {
  service: StepFunctions
  client: SFNClient
  clock: ReturnType<typeof manualClock>
  /** What the functions answer, by name. */
  functions: Record<string, FunctionAnswer[]>
  /** Everything that was called, in order. */
  calls: { name: string; payload: Json }[]
  changes: ExecutionStatusChange[]
  /** The token that was last handed to a function or a queue. */
  token(): string
  /** Lets everything run that does not wait for the clock. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Functions that answer as told; a name that nobody knows is not there. */
export function scriptedIntegrations(
  answers: () => Record<string, FunctionAnswer[]>,
  calls: { name: string; payload: Json }[],
): Integrations {
  return {
    async invokeFunction(arnOrName, payload) {
      const name = arnOrName.split(':').at(-1) ?? ''
      const script = answers()[name]
      if (!script) throw new AwsError('ResourceNotFoundException', `Function not found: ${arnOrName}`, { status: 404 })
      const before = calls.filter((call) => call.name === name).length
      calls.push({ name, payload })
      const answer = script[Math.min(before, script.length - 1)]
      if (!answer || 'hang' in answer) return new Promise<never>(() => {})
      if ('later' in answer) await answer.later
      if ('later' in answer) return { payload: null }
      if ('error' in answer) return { functionError: answer.error }
      if ('echo' in answer) return { payload }
      return { payload: 'characters' in answer ? 'x'.repeat(answer.characters) : answer.payload }
    },
    async sendMessage(message: JsonObject) {
      if (String(message.QueueUrl).endsWith('/missing'))
        throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')
      calls.push({ name: 'queue', payload: message })
      return { MD5OfMessageBody: 'd41d8cd98f00b204e9800998ecf8427e', MessageId: 'message-1' }
    },
  }
}

const tokenIn = /"(?:[^"\\]|\\.)*[Tt]oken\\?":\s*\\?"([^"\\]+)/

/** @param given what is called in the place of scripted functions and queues */
export async function openWorld(given?: Integrations): Promise<World> {
  const clock = manualClock()
  const calls: World['calls'] = []
  const changes: ExecutionStatusChange[] = []
  const integrations = given ?? scriptedIntegrations(() => world.functions, calls)
  const onStatusChange = (change: ExecutionStatusChange): void => void changes.push(change)
  const service = openStepFunctions({ file: ':memory:', clock, region, accountId, integrations, onStatusChange })
  service.resume()
  const server = awsEndpoint({ AWSStepFunctions: service })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new SFNClient({ endpoint: `http://127.0.0.1:${port}`, region, credentials, maxAttempts: 1 })
  const world: World = {
    service,
    client,
    clock,
    functions: {},
    calls,
    changes,
    token: () => tokenIn.exec(JSON.stringify(calls.at(-1)?.payload ?? null))?.[1] ?? '',
    async settle() {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
    async close() {
      client.destroy()
      service.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return world
}
