import { DescribeTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { Health } from '@gridgate/core/ports'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { z } from 'zod'
import type { Config } from './config.ts'
import { tenantIdOf } from './policy-tenant.ts'
import { workflowArn } from './step-functions.ts'

/** A dependency that takes longer than this to answer counts as down, in milliseconds. */
const answerMsMax = 2000

/** Asks each service that the product cannot do without, all at once. */
export function health(aws: AwsClient, database: DynamoDBClientConfig, config: Config): Health {
  const table = new DynamoDBClient({ ...database, maxAttempts: 1 })
  const name = `${config.GRIDGATE_PREFIX}internal-evaluate-policy`
  const whose = config.GRIDGATE_POLICY_TENANCY === '' ? {} : { tenantId: tenantIdOf({ op: 'inspect', request: {} }) }
  const asking = { msMax: answerMsMax, repeatable: true }
  // One stands for all: looking for them would be a right on everything.
  const stateMachineArn = workflowArn(config, 'stateMachine', 'create-cluster-infra')
  const look = { ...asking, service: 'states', operation: 'DescribeStateMachine', input: { stateMachineArn } } as const
  const checks: Record<string, () => Promise<unknown>> = {
    table: () =>
      table.send(new DescribeTableCommand({ TableName: config.GRIDGATE_TABLE }), {
        abortSignal: AbortSignal.timeout(answerMsMax),
      }),
    workflows: () => aws.call({ ...look, reply: z.unknown() }),
    policies: () => aws.invoke({ ...asking, ...whose, name, payload: '', isTrial: true }),
  }
  return {
    async check() {
      const found = await Promise.all(
        Object.entries(checks).map(async ([name, ask]) => {
          try {
            await ask()
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
