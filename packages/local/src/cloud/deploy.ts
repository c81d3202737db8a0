import { readFile } from 'node:fs/promises'
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateStateMachineCommand, SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn'
import { fillDefinition } from '@gridgate/core/task/definition'
import { tableDefinition, ttlAttribute } from '@gridgate/storage/table'
import { stepFunctionName, workflows } from '../../../../workflows/manifest.ts'
import { functionName } from './function-rows.ts'

/** Where things are put: names and numbers that stand in their ARNs. */
export interface Place {
  table: string
  prefix: string
  region: string
  accountId: string
}

/** A new table is usable after some seconds on AWS, at once on the embedded one. */
const tableSecondsMax = 60

const definitions = new URL('../../../../workflows/', import.meta.url)

/** Puts the table, the state machines and the rules in place, as a deployment would. Safe to run at every start. */
export async function deploy(place: Place): Promise<void> {
  await Promise.all([putTable(place), putStateMachines(place), putRules(place)])
}

async function putTable({ table }: Place): Promise<void> {
  const db = new DynamoDBClient({})
  try {
    await db.send(new DescribeTableCommand({ TableName: table }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
    await db.send(new CreateTableCommand({ TableName: table, ...tableDefinition }))
    await waitUntilTableExists({ client: db, maxWaitTime: tableSecondsMax }, { TableName: table })
    const expiry = { AttributeName: ttlAttribute, Enabled: true }
    await db.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification: expiry }))
  } finally {
    db.destroy()
  }
}

const functionArn = ({ region, accountId }: Place, name: string): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${name}`

async function putStateMachines(place: Place): Promise<void> {
  const states = new SFNClient({})
  const roleArn = `arn:aws:iam::${place.accountId}:role/gridgate-local`
  for (const workflow of workflows) {
    const text = await readFile(new URL(`${workflow.name}/workflow.asl.json`, definitions), 'utf8')
    const definition = fillDefinition(text, (step) =>
      workflow.steps.some(({ name }) => name === step)
        ? functionArn(place, place.prefix + stepFunctionName(workflow.name, step))
        : undefined,
    )
    const name = `${place.prefix}${workflow.name}`
    try {
      await states.send(new CreateStateMachineCommand({ name, definition, roleArn }))
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StateMachineAlreadyExists') throw error
      const stateMachineArn = `arn:aws:states:${place.region}:${place.accountId}:stateMachine:${name}`
      await states.send(new UpdateStateMachineCommand({ stateMachineArn, definition, roleArn }))
    }
  }
  states.destroy()
}

async function putRules(place: Place): Promise<void> {
  const events = new EventBridgeClient({})
  const put = async (
    name: string,
    when: { EventPattern: string } | { ScheduleExpression: string },
    target: string,
  ): Promise<void> => {
    await events.send(new PutRuleCommand({ Name: name, State: 'ENABLED', ...when }))
    const arn = functionArn(place, functionName(place.prefix, `internal/${target}`))
    await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: target, Arn: arn }] }))
  }
  await put(
    `${place.prefix}execution-ended`,
    {
      EventPattern: JSON.stringify({
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
      }),
    },
    'close-task',
  )
  await put(`${place.prefix}sweep-tasks`, { ScheduleExpression: 'rate(1 minute)' }, 'sweep-tasks')
  events.destroy()
}
