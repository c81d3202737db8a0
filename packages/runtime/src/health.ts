import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn'
import type { Health } from '@gridgate/core/ports'
import type { Config } from './config.ts'

/** A dependency that takes longer than this to answer counts as down, in milliseconds. */
const answerMsMax = 2000

/** Asks each service that the product cannot do without, all at once. */
export function health(config: Config): Health {
  const table = new DynamoDBClient({ maxAttempts: 1 })
  const states = new SFNClient({ maxAttempts: 1 })
  const lambda = new LambdaClient({ maxAttempts: 1 })
  const evaluator = `${config.GRIDGATE_PREFIX}internal-evaluate-policy`
  const checks: Record<string, (abortSignal: AbortSignal) => Promise<unknown>> = {
    table: (abortSignal) => table.send(new DescribeTableCommand({ TableName: config.GRIDGATE_TABLE }), { abortSignal }),
    workflows: (abortSignal) => states.send(new ListStateMachinesCommand({ maxResults: 1 }), { abortSignal }),
    policies: (abortSignal) =>
      lambda.send(new InvokeCommand({ FunctionName: evaluator, InvocationType: 'DryRun' }), { abortSignal }),
  }
  return {
    async check() {
      const found = await Promise.all(
        Object.entries(checks).map(async ([name, ask]) => {
          try {
            await ask(AbortSignal.timeout(answerMsMax))
            return [name, { ok: true }] as const
          } catch (error) {
            return [name, { ok: false, detail: error instanceof Error ? error.name : 'unknown' }] as const
          }
        }),
      )
      return Object.fromEntries(found)
    },
  }
}
