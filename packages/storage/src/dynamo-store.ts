import { setTimeout as delay } from 'node:timers/promises'
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb'
import { GridError } from '@gridgate/core/errors'
import { type Condition, ConditionFailed, type Item, type Query, type Store, type Write } from './store.ts'
import { listIndex } from './table.ts'

const transactionWritesMax = 100
const batchWritesMax = 25
const attemptsMax = 8
const pageItemsMax = 1000

/** The table on DynamoDB, or on anything that speaks its protocol. */
export function dynamoStore(client: DynamoDBClient, table: string): Store {
  const db = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  return {
    async get(key) {
      const found = await db.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }))
      return (found.Item as Item | undefined) ?? null
    },
    query: (query) => runQuery(db, table, query),
    async write(...writes) {
      if (writes.length > transactionWritesMax) throw new RangeError(`at most ${transactionWritesMax} writes at once`)
      await retried(() =>
        writes.length === 1 && writes[0] ? writeOne(db, table, writes[0]) : writeAll(db, table, writes),
      )
    },
    async writeMany(writes) {
      for (let at = 0; at < writes.length; at += batchWritesMax)
        await writeBatch(db, table, writes.slice(at, at + batchWritesMax))
    },
  }
}

async function runQuery(
  db: DynamoDBDocumentClient,
  table: string,
  query: Query,
): Promise<{ items: Item[]; more: boolean }> {
  const [pk, sk] = 'pk' in query.from ? ['pk', 'sk'] : ['listPk', 'listSk']
  const limit = Math.min(query.limit ?? pageItemsMax, pageItemsMax)
  const after = query.after === undefined ? undefined : `#sk ${query.newestFirst ? '<' : '>'} :after`
  const values: Record<string, string> = { ':pk': 'pk' in query.from ? query.from.pk : query.from.list }
  if (query.after !== undefined) values[':after'] = query.after
  if (query.prefix !== undefined && query.after === undefined) values[':prefix'] = query.prefix
  const byKey = after ?? (query.prefix === undefined ? undefined : 'begins_with(#sk, :prefix)')
  const items: Item[] = []
  let start: Record<string, unknown> | undefined
  do {
    const page = await db.send(
      new QueryCommand({
        TableName: table,
        ...('pk' in query.from ? { ConsistentRead: true } : { IndexName: listIndex }),
        KeyConditionExpression: ['#pk = :pk', byKey].filter(Boolean).join(' AND '),
        ExpressionAttributeNames: { '#pk': pk as string, ...(byKey ? { '#sk': sk as string } : {}) },
        ExpressionAttributeValues: values,
        ScanIndexForward: !query.newestFirst,
        Limit: limit + 1 - items.length,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    )
    const fresh = (page.Items ?? []) as Item[]
    const inside = fresh.filter(
      (item) => query.prefix === undefined || String(item[sk as 'sk']).startsWith(query.prefix),
    )
    items.push(...inside)
    start = inside.length < fresh.length ? undefined : page.LastEvaluatedKey
  } while (start && items.length <= limit)
  return { items: items.slice(0, limit), more: items.length > limit }
}

async function writeOne(db: DynamoDBDocumentClient, table: string, write: Write): Promise<void> {
  if ('put' in write) await db.send(new PutCommand({ TableName: table, Item: write.put, ...condition(write.when) }))
  else if ('remove' in write)
    await db.send(new DeleteCommand({ TableName: table, Key: write.remove, ...condition(write.when) }))
  else await writeAll(db, table, [write])
}

async function writeAll(db: DynamoDBDocumentClient, table: string, writes: Write[]): Promise<void> {
  await db.send(
    new TransactWriteCommand({
      TransactItems: writes.map((write) => {
        if ('put' in write) return { Put: { TableName: table, Item: write.put, ...condition(write.when) } }
        if ('remove' in write) return { Delete: { TableName: table, Key: write.remove, ...condition(write.when) } }
        const { ConditionExpression = '', ...rest } = condition(write.when)
        return { ConditionCheck: { TableName: table, Key: write.check, ConditionExpression, ...rest } }
      }),
    }),
  )
}

async function writeBatch(
  db: DynamoDBDocumentClient,
  table: string,
  writes: ({ put: Item } | { remove: { pk: string; sk: string } })[],
): Promise<void> {
  let requests: NonNullable<BatchWriteCommandInput['RequestItems']>[string] = writes.map((write) =>
    'put' in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.remove } },
  )
  for (let attempt = 1; requests.length > 0; attempt++) {
    if (attempt > attemptsMax)
      throw new GridError('service.unavailable', 'the table takes no more writes', { retryAfterSeconds: 5 })
    if (attempt > 1) await delay(backoffMs(attempt))
    const done = await db.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }))
    requests = done.UnprocessedItems?.[table] ?? []
  }
}

interface ConditionInput {
  ConditionExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, string | number | boolean>
}

function condition(when: Condition | undefined): ConditionInput {
  if (when === undefined) return {}
  if (when === 'absent') return { ConditionExpression: 'attribute_not_exists(pk)' }
  if (when === 'present') return { ConditionExpression: 'attribute_exists(pk)' }
  const entries = Object.entries(when.equals)
  return {
    ConditionExpression: entries.map((_, index) => `#c${index} = :c${index}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#c${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], index) => [`:c${index}`, value])),
  }
}

/** DynamoDB cancels a transaction that meets another one; that is no refusal, so it is tried again. */
async function retried(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const refused = refusedWrites(error)
      if (refused) throw new ConditionFailed(refused)
      if (!isConflict(error) || attempt >= attemptsMax) throw error
      await delay(backoffMs(attempt))
    }
  }
}

function refusedWrites(error: unknown): number[] | null {
  if (error instanceof ConditionalCheckFailedException) return [0]
  if (!(error instanceof TransactionCanceledException)) return null
  const failed = (error.CancellationReasons ?? []).flatMap((reason, index) =>
    reason.Code === 'ConditionalCheckFailed' ? [index] : [],
  )
  return failed.length > 0 ? failed : null
}

const isConflict = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'TransactionConflictException' || error.name === 'TransactionCanceledException')

/** Full jitter, 25 ms doubled per attempt, 1 s at most. */
const backoffMs = (attempt: number): number => Math.random() * Math.min(1000, 25 * 2 ** attempt)
