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
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { GridError } from '@gridgate/core/errors'
import { answered } from './dynamo-failure.ts'
import { type Condition, ConditionFailed, type Item, type Key, type Query, type Store, type Write } from './store.ts'
import { listIndex } from './table.ts'

const transactionWritesMax = 100
const batchWritesMax = 25
const batchesAtOnceMax = 4
const attemptsMax = 8
const pageItemsMax = 1000

/** The table on DynamoDB, or on anything that speaks its protocol. */
export function dynamoStore(client: DynamoDBClient, table: string): Store {
  const db = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  return {
    async get(key) {
      const request = new GetCommand({ TableName: table, Key: keyOnly(key), ConsistentRead: true })
      const found = await answered(() => db.send(request))
      return (found.Item as Item | undefined) ?? null
    },
    query: (query) => answered(() => runQuery(db, table, query)),
    async write(...writes) {
      if (writes.length > transactionWritesMax) throw new RangeError(`at most ${transactionWritesMax} writes at once`)
      const request = (): Promise<void> =>
        writes.length === 1 && writes[0] ? writeOne(db, table, writes[0]) : writeAll(db, table, writes)
      await answered(() => retried(request))
    },
    async add(row, amounts) {
      const request = { TableName: table, Key: keyOnly(row), ...addition(row, amounts) }
      const { Attributes } = await answered(() =>
        db.send(new UpdateCommand({ ...request, ReturnValues: 'UPDATED_NEW' })),
      )
      return Object.fromEntries(Object.keys(amounts).map((name) => [name, Number(Attributes?.[name])]))
    },
    async writeMany(writes) {
      let at = 0
      const writeOn = async (): Promise<void> => {
        while (at < writes.length) {
          const batch = writes.slice(at, at + batchWritesMax)
          at += batchWritesMax
          await writeBatch(db, table, batch)
        }
      }
      await answered(() => Promise.all(Array.from({ length: batchesAtOnceMax }, writeOn)))
    },
  }
}

async function runQuery(
  db: DynamoDBDocumentClient,
  table: string,
  query: Query,
): Promise<{ items: Item[]; more: boolean }> {
  const [pk, sk] = 'pk' in query.from ? (['pk', 'sk'] as const) : (['listPk', 'listSk'] as const)
  const limit = Math.min(query.limit ?? pageItemsMax, pageItemsMax)
  const range = rangeOf(query)
  const items: Item[] = []
  let start: Record<string, unknown> | undefined
  do {
    const page = await db.send(
      new QueryCommand({
        TableName: table,
        ...('pk' in query.from ? { ConsistentRead: true } : { IndexName: listIndex }),
        KeyConditionExpression: ['#pk = :pk', range.expression].filter(Boolean).join(' AND '),
        ExpressionAttributeNames: { '#pk': pk, ...(range.expression ? { '#sk': sk } : {}) },
        ExpressionAttributeValues: { ':pk': 'pk' in query.from ? query.from.pk : query.from.list, ...range.values },
        ScanIndexForward: !query.newestFirst,
        Limit: limit + 1 - items.length,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    )
    let left = false
    for (const item of (page.Items ?? []) as Item[]) {
      const position = item[sk] ?? ''
      if (query.prefix !== undefined && !position.startsWith(query.prefix)) left = true
      else if (position !== query.after) items.push(item)
    }
    start = left ? undefined : page.LastEvaluatedKey
  } while (start && items.length <= limit)
  return { items: items.slice(0, limit), more: items.length > limit }
}

/**
 * The one condition that a sort key may have. Where two things are asked, the wider one goes to the table and the rest is
 * dropped while reading: `after` itself, and what follows a prefix.
 */
function rangeOf({ prefix, between, after, newestFirst }: Query): {
  expression?: string
  values: Record<string, string>
} {
  if (between) {
    const [from, to] = between
    const [low, high] = after === undefined ? between : newestFirst ? [from, after] : [after, to]
    return { expression: '#sk BETWEEN :low AND :high', values: { ':low': low, ':high': high } }
  }
  if (after !== undefined) return { expression: `#sk ${newestFirst ? '<' : '>'} :after`, values: { ':after': after } }
  if (prefix !== undefined) return { expression: 'begins_with(#sk, :prefix)', values: { ':prefix': prefix } }
  return { values: {} }
}

async function writeOne(db: DynamoDBDocumentClient, table: string, write: Write): Promise<void> {
  if ('put' in write) await db.send(new PutCommand({ TableName: table, Item: write.put, ...condition(write.when) }))
  else if ('remove' in write)
    await db.send(new DeleteCommand({ TableName: table, Key: keyOnly(write.remove), ...condition(write.when) }))
  else await writeAll(db, table, [write])
}

async function writeAll(db: DynamoDBDocumentClient, table: string, writes: Write[]): Promise<void> {
  await db.send(
    new TransactWriteCommand({
      TransactItems: writes.map((write) => {
        if ('put' in write) return { Put: { TableName: table, Item: write.put, ...condition(write.when) } }
        if ('remove' in write)
          return { Delete: { TableName: table, Key: keyOnly(write.remove), ...condition(write.when) } }
        const { ConditionExpression = '', ...rest } = condition(write.when)
        return { ConditionCheck: { TableName: table, Key: keyOnly(write.check), ConditionExpression, ...rest } }
      }),
    }),
  )
}

async function writeBatch(
  db: DynamoDBDocumentClient,
  table: string,
  writes: ({ put: Item } | { remove: Key })[],
): Promise<void> {
  let requests: NonNullable<BatchWriteCommandInput['RequestItems']>[string] = writes.map((write) =>
    'put' in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: keyOnly(write.remove) } },
  )
  for (let attempt = 1; requests.length > 0; attempt++) {
    if (attempt > attemptsMax)
      throw new GridError('service.unavailable', 'the table takes no more writes', { retryAfterSeconds: 5 })
    if (attempt > 1) await delay(backoffMs(attempt))
    const done = await db.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }))
    requests = done.UnprocessedItems?.[table] ?? []
  }
}

/** A whole row may stand for its key. */
const keyOnly = ({ pk, sk }: Key): Key => ({ pk, sk })

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

function addition({ pk: _, sk: __, ...set }: Item, amounts: Readonly<Record<string, number>>) {
  const [sets, adds] = [Object.entries(set), Object.entries(amounts)]
  const entries = [...sets, ...adds]
  const listed = (from: number, count: number, sign: string): string =>
    Array.from({ length: count }, (_, at) => `#a${from + at}${sign}:a${from + at}`).join(', ')
  return {
    UpdateExpression: [
      ...(sets.length > 0 ? [`SET ${listed(0, sets.length, ' = ')}`] : []),
      ...(adds.length > 0 ? [`ADD ${listed(sets.length, adds.length, ' ')}`] : []),
    ].join(' '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#a${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], index) => [`:a${index}`, value])),
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
  error instanceof TransactionCanceledException
    ? (error.CancellationReasons ?? []).every(({ Code }) => Code === undefined || passing.has(Code))
    : error instanceof Error && error.name === 'TransactionConflictException'

/** Reasons of a cancelled transaction that a later attempt does not meet. */
const passing = new Set(['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])

/** Full jitter, 25 ms doubled per attempt, 1 s at most. */
const backoffMs = (attempt: number): number => Math.random() * Math.min(1000, 25 * 2 ** attempt)
