import { setTimeout as delay } from 'node:timers/promises'
import { SFNClient } from '@aws-sdk/client-sfn'
import { openTestCloud } from '@gridgate/local/aws/test-cloud'
import { putFunctions } from '@gridgate/local/cloud/put-functions'
import { type FunctionConfiguration, failureOf } from '@gridgate/local/lambda/function-configuration'
import { openWorld } from '@gridgate/local/step-functions/test-world'
import type { EngineAtHand } from './run-scenario.ts'
import type { ScriptedSteps } from './scripted-steps.ts'

export interface OpenEngine extends EngineAtHand {
  close(): Promise<void>
}

/** Seldom, because LocalStack answers with the one process that also runs the executions. */
const lookAgainMs = 1500
const stepSecondsMax = 50
const secondMs = 1000

/** Our engine on a clock that stands still: a second passes with each look. */
export async function openOurs(steps: ScriptedSteps): Promise<OpenEngine> {
  const world = await openWorld({
    sendMessage: () => Promise.reject(new Error('no queue')),
    async invokeFunction(arn, payload) {
      try {
        return { payload: await steps.answer(payload, arn.split(':').at(-1) ?? '') }
      } catch (error) {
        return { functionError: failureOf(error) }
      }
    },
  })
  return {
    client: world.client,
    async wait() {
      await world.settle()
      await world.clock.advance(secondMs)
      await world.settle()
    },
    close: () => world.close(),
  }
}

/** LocalStack's engine and Lambda, where AWS_ENDPOINT_URL says, with our Lambda host behind them. */
export async function openLocalStack(steps: ScriptedSteps, functionNames: readonly string[]): Promise<OpenEngine> {
  const functions = functionNames.map(
    (name): FunctionConfiguration => ({
      name,
      timeoutSeconds: stepSecondsMax,
      invoke: async (payload) => steps.answer(payload, name),
    }),
  )
  const cloud = await openTestCloud({ functions })
  const { endpoint, credentials: key } = cloud.client
  await putFunctions('arn:aws:iam::000000000000:role/gridgate-parity', { endpoint, key, functions }, [])
  const client = new SFNClient({})
  return {
    client,
    wait: () => delay(lookAgainMs),
    async close() {
      client.destroy()
      await cloud.close()
    },
  }
}
