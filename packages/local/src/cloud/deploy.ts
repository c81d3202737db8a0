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
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { fillDefinition } from '@gridgate/core/task/definition'
import { deadQueueName, functionName } from '@gridgate/http/manifest-row'
import { queuePolicy } from '@gridgate/runtime/queue-policy'
import { tableDefinition, ttlAttribute } from '@gridgate/storage/table'
import { queues, rulesFor } from '../../../../functions/internals.ts'
import { stepFunctionName, workflows } from '../../../../workflows/manifest.ts'
import { queueSources } from './map-queues.ts'
import { type FunctionHost, putFunctions } from './put-functions.ts'

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

/** How long a message that nobody could handle stays, in seconds: the longest that SQS allows. */
const deadSecondsMax = 14 * 86_400

const roleArn = ({ accountId }: Place): string => `arn:aws:iam::${accountId}:role/gridgate-local`

/**
 * Puts the table, the state machines, the queues and the rules in place, as a deployment would, and in another Lambda the
 * functions of `host`. Safe to run at every start.
 */
export async function deploy(place: Place, host: FunctionHost | null): Promise<void> {
  await Promise.all([putTable(place), putStateMachines(place), putQueues(place)])
  if (host) await putFunctions(roleArn(place), host, queueSources(place))
  await putRules(place)
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

const stateMachineArn = ({ region, accountId, prefix }: Place, workflow: string): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:${prefix}${workflow}`

async function putStateMachines(place: Place): Promise<void> {
  const states = new SFNClient({})
  for (const workflow of workflows) {
    const text = await readFile(new URL(`${workflow.name}/workflow.asl.json`, definitions), 'utf8')
    const definition = fillDefinition(text, (step) =>
      workflow.steps.some(({ name }) => name === step)
        ? functionArn(place, place.prefix + stepFunctionName(workflow.name, step))
        : undefined,
    )
    const name = `${place.prefix}${workflow.name}`
    try {
      await states.send(new CreateStateMachineCommand({ name, definition, roleArn: roleArn(place) }))
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StateMachineAlreadyExists') throw error
      const update = { stateMachineArn: stateMachineArn(place, workflow.name), definition, roleArn: roleArn(place) }
      await states.send(new UpdateStateMachineCommand(update))
    }
  }
  states.destroy()
}

export const queueArn = ({ region, accountId }: Pick<Place, 'region' | 'accountId'>, name: string): string =>
  `arn:aws:sqs:${region}:${accountId}:${name}`

const ruleArn = ({ region, accountId }: Place, name: string): string =>
  `arn:aws:events:${region}:${accountId}:rule/${name}`

/** The rules that fill queues. */
const fillingRules = rulesFor([]).flatMap(({ name, target }) => ('queue' in target ? [{ name, target }] : []))

async function putQueues(place: Place): Promise<void> {
  const sqs = new SQSClient({})
  const put = async (name: string, Attributes: Record<string, string>): Promise<void> => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
  }
  for (const { name: plain, visibilitySeconds, receivesMax } of queues) {
    const name = place.prefix + plain
    const dead = deadQueueName(name)
    const VisibilityTimeout = String(visibilitySeconds)
    await put(dead, { VisibilityTimeout, MessageRetentionPeriod: String(deadSecondsMax) })
    const redrive = { deadLetterTargetArn: queueArn(place, dead), maxReceiveCount: receivesMax }
    const filledBy = fillingRules.find(({ target }) => target.queue === plain)
    const policy = filledBy && queuePolicy(queueArn(place, name), ruleArn(place, place.prefix + filledBy.name))
    await put(name, {
      ...{ VisibilityTimeout, RedrivePolicy: JSON.stringify(redrive) },
      ...(policy ? { Policy: JSON.stringify(policy) } : {}),
    })
  }
  sqs.destroy()
}

async function putRules(place: Place): Promise<void> {
  const events = new EventBridgeClient({})
  for (const { name, when, target } of rulesFor(workflows.map((row) => stateMachineArn(place, row.name)))) {
    const Name = place.prefix + name
    const trigger =
      'schedule' in when ? { ScheduleExpression: when.schedule } : { EventPattern: JSON.stringify(when.pattern) }
    const [Id, Arn] =
      'queue' in target
        ? [target.queue, queueArn(place, place.prefix + target.queue)]
        : [target.handler, functionArn(place, functionName(place.prefix, `internal/${target.handler}`))]
    await events.send(new PutRuleCommand({ Name, State: 'ENABLED', ...trigger }))
    await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id, Arn }] }))
  }
  events.destroy()
}
