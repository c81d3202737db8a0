import type { Json, JsonObject } from '../aws/service.ts'
import type { Need } from './evaluate.ts'

/** Where the embedded cloud says it is. */
export interface Account {
  region: string
  accountId: string
}

/** A call as far as rights go: the `X-Amz-Target` of the JSON protocols, or method and path of Lambda's REST API. */
export interface Call {
  target: string
  path: string
  body: () => JsonObject
}

/** Everything that one call must be allowed to do; all of it, or the call is denied. */
export function needsOf(call: Call, { region, accountId }: Account): Need[] {
  const [service = '', operation = ''] = call.target.split('.')
  const arn = (name: string, what: string): string => `arn:aws:${name}:${region}:${accountId}:${what}`
  switch (service) {
    case '':
      return [need('lambda:InvokeFunction', arn('lambda', `function:${functionOf(call.path)}`))]
    case 'DynamoDB_20120810':
      return tableNeeds(operation, call.body(), (table) => arn('dynamodb', `table/${table}`))
    case 'AmazonSQS': {
      const { QueueName, QueueUrl } = call.body()
      return [need(`sqs:${operation}`, arn('sqs', text(QueueName) || (text(QueueUrl).split('/').at(-1) ?? '')))]
    }
    case 'AWSStepFunctions': {
      const { stateMachineArn, executionArn } = call.body()
      return [need(`states:${operation}`, text(stateMachineArn) || text(executionArn) || '*')]
    }
    case 'TrentService': {
      const { EncryptionContext } = call.body()
      const context = Object.entries((EncryptionContext ?? {}) as JsonObject).map(([name, value]) => [
        `kms:EncryptionContext:${name}`,
        [text(value)],
      ])
      return [{ ...need(`kms:${operation}`, text(call.body().KeyId)), context: Object.fromEntries(context) }]
    }
    default:
      return [need(`${service}:${operation}`, '*')]
  }
}

const need = (action: string, resource: string, leadingKeys?: readonly string[]): Need => ({
  action,
  resource,
  context: leadingKeys ? { 'dynamodb:LeadingKeys': leadingKeys } : {},
})

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** `/2015-03-31/functions/NAME/invocations`, where an ARN may stand for the name. */
const functionOf = (path: string): string =>
  decodeURIComponent(/\/functions\/([^/?]+)/.exec(path)?.[1] ?? '').replace(/^.*:function:/, '')

type Part = { [name: string]: Json | undefined }

/** The partition that a key, or a whole item, is in. */
const partitionOf = (attributes: Json | undefined): string =>
  text(((attributes as Part | undefined)?.pk as Part | undefined)?.S)

const writeActions: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Delete: 'dynamodb:DeleteItem',
  Update: 'dynamodb:UpdateItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
}

/** A transaction needs the rights of each of its parts ("Using IAM with DynamoDB transactions", DynamoDB Developer Guide). */
function tableNeeds(operation: string, body: JsonObject, table: (name: string) => string): Need[] {
  const action = `dynamodb:${operation}`
  const on = table(text(body.TableName))
  switch (operation) {
    case 'GetItem':
    case 'DeleteItem':
    case 'UpdateItem':
      return [need(action, on, [partitionOf(body.Key)])]
    case 'PutItem':
      return [need(action, on, [partitionOf(body.Item)])]
    case 'Query': {
      const resource = body.IndexName === undefined ? on : `${on}/index/${text(body.IndexName)}`
      return [need(action, resource, [queriedPartition(body)])]
    }
    case 'BatchWriteItem':
      return Object.entries((body.RequestItems ?? {}) as Record<string, Part[]>).map(([name, writes]) => {
        const keys = writes.map(({ PutRequest, DeleteRequest }) =>
          partitionOf((PutRequest as Part | undefined)?.Item ?? (DeleteRequest as Part | undefined)?.Key),
        )
        return need(action, table(name), keys)
      })
    case 'TransactWriteItems':
      return ((body.TransactItems ?? []) as Part[]).flatMap((item) =>
        Object.entries(item).map(([kind, write]) => {
          const { TableName, Key, Item } = write as Part
          return need(writeActions[kind] ?? kind, table(text(TableName)), [partitionOf(Key ?? Item)])
        }),
      )
    default:
      return [need(action, on)]
  }
}

/** The value that a query compares the partition key with. */
function queriedPartition(body: JsonObject): string {
  const names = (body.ExpressionAttributeNames ?? {}) as Part
  for (const [, name = '', value = ''] of text(body.KeyConditionExpression).matchAll(/([#\w]+)\s*=\s*(:\w+)/g))
    if (partitionKeys.has(text(names[name]) || name))
      return text(((body.ExpressionAttributeValues as Part | undefined)?.[value] as Part | undefined)?.S)
  return ''
}

const partitionKeys: ReadonlySet<string> = new Set(['pk', 'listPk'])
