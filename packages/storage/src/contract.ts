import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateTableCommand, type CreateTableInput, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe } from 'vitest'
import { dynamoStore } from './dynamo-store.ts'
import { memoryStore } from './memory-store.ts'
import type { Store } from './store.ts'
import { tableDefinition } from './table.ts'

/** Whether DynamoDB is another one than ours. LocalStack's takes minutes for what the embedded one does in a second. */
export const isDynamoDbElsewhere = process.env.AWS_ENDPOINT_URL !== undefined

const startMsMax = 20_000
const askAgainMs = 10

/** The SDK's type wants lists that could be written to. */
const definition = structuredClone(tableDefinition) as unknown as Omit<CreateTableInput, 'TableName'>

/**
 * Runs one suite of promises on the store in memory and on DynamoDB: the one that AWS_ENDPOINT_URL names, else an embedded
 * one in memory, ended with the suite.
 * @param suite defines the tests; its `open` gives a store of its own, on a fresh empty table, each time
 */
export function describeOnEveryStore(name: string, suite: (open: () => Promise<Store>) => void): void {
  describe(`${name} (in memory)`, () => suite(async () => memoryStore()))
  describe(`${name} (DynamoDB)`, () => {
    let database: Database | undefined
    beforeAll(async () => {
      database = await startDatabase()
    })
    afterAll(() => database?.stop())
    suite(async () => {
      if (!database) throw new Error('a store is opened inside of a test')
      const table = `contract-${randomUUID()}`
      await database.client.send(new CreateTableCommand({ ...definition, TableName: table }))
      return dynamoStore(database.client, table)
    })
  })
}

interface Database {
  client: DynamoDBClient
  stop(): Promise<void>
}

async function startDatabase(): Promise<Database> {
  if (isDynamoDbElsewhere) {
    const client = new DynamoDBClient({})
    return { client, stop: async () => client.destroy() }
  }
  const program = createRequire(import.meta.url).resolve(`@dynoxide/${process.platform}-${process.arch}/dynoxide`)
  const port = await freePort()
  const child = spawn(program, ['serve', '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore', env: {} })
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  await answering(client, child)
  return {
    client,
    async stop() {
      process.off('exit', kill)
      client.destroy()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      kill()
      await ended
    },
  }
}

async function answering(client: DynamoDBClient, child: ChildProcess): Promise<void> {
  const started = Date.now()
  for (;;) {
    try {
      await client.send(new ListTablesCommand({}))
      return
    } catch (cause) {
      if (child.exitCode !== null || Date.now() - started > startMsMax)
        throw new Error('the embedded DynamoDB does not answer', { cause })
      await delay(askAgainMs)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free loopback port')
  return address.port
}
