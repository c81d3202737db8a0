import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awsEndpoint } from '../aws/endpoint.ts'
import { listen, openTestCloud } from '../aws/test-cloud.ts'
import { dynamoDbForwarder } from './forward.ts'
import { startDynamoDb } from './start-dynamodb.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridgate-dynamodb-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Ids of the processes whose command line names the test's folder. */
async function processes(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=', 'ww'])
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder) && line.includes('dynoxide serve'))
    .map((line) => Number.parseInt(line, 10))
}
const untilGone = (): Promise<void> => expect.poll(processes, { timeout: 5000, interval: 10 }).toEqual([])

const client = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 2,
  })

describe('the embedded DynamoDB', () => {
  it('answers when ready and is gone after stop, its guard too', async () => {
    const db = await startDynamoDb({ file: join(folder, 'db.sqlite'), log: () => {} })
    await db.ready
    expect((await client(db.endpoint).send(new ListTablesCommand({}))).TableNames).toEqual([])
    expect((await processes()).length).toBeGreaterThan(0)
    await db.stop()
    await untilGone()
  })

  it('is started again when it dies, at the same address and with its data', async () => {
    const log: string[] = []
    const db = await startDynamoDb({ file: join(folder, 'db.sqlite'), log: (event) => log.push(event) })
    await db.ready
    const dynamo = client(db.endpoint)
    await createTable(dynamo)
    for (const pid of await processes()) process.kill(pid, 'SIGKILL')
    await expect.poll(() => log, { timeout: 5000 }).toContain('dynamodb.died')
    await expect
      .poll(async () => (await dynamo.send(new ListTablesCommand({})).catch(() => undefined))?.TableNames, {
        timeout: 5000,
      })
      .toEqual(['things'])
    await db.stop()
    await untilGone()
  })

  it('does not outlive a process that is killed', async () => {
    const program = `
      const { startDynamoDb } = await import(${JSON.stringify(new URL('./start-dynamodb.ts', import.meta.url).href)})
      const db = await startDynamoDb({ file: ${JSON.stringify(join(folder, 'db.sqlite'))}, log: () => {} })
      await db.ready
      process.stdout.write('ready')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect((await processes()).length).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await untilGone()
  })

  it('says why it cannot start', async () => {
    const log: unknown[] = []
    const note = (event: string, fields: unknown): void => void log.push({ event, fields })
    const db = await startDynamoDb({ file: join(folder, 'absent', 'db.sqlite'), log: note })
    await expect(db.ready).rejects.toThrow('the embedded DynamoDB ended during its start')
    await db.stop()
    expect(log[0]).toMatchObject({
      event: 'dynamodb.died',
      fields: { complaint: expect.stringMatching(/unable to open/) },
    })
  })

  it('lives in a session of its own, where no Ctrl-C of the terminal reaches it', async () => {
    const db = await startDynamoDb({ file: join(folder, 'db.sqlite'), log: () => {} })
    await db.ready
    const pids = await processes()
    const sessionOf = async (pid: number): Promise<string> =>
      (await promisify(execFile)('ps', ['-o', 'sid=', '-p', String(pid)])).stdout.trim()
    for (const pid of pids) expect(await sessionOf(pid)).not.toBe(await sessionOf(process.pid))
    expect(pids.length).toBeGreaterThan(0)
    await db.stop()
  })

  it('names what to do where it has no build', async () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')
    Object.defineProperty(process, 'platform', { value: 'plan9' })
    try {
      await expect(startDynamoDb({ file: join(folder, 'db.sqlite'), log: () => {} })).rejects.toThrow(
        /no build for plan9-.*AWS_ENDPOINT_URL_DYNAMODB/,
      )
    } finally {
      if (platform) Object.defineProperty(process, 'platform', platform)
    }
  })
})

describe('behind the endpoint', () => {
  it('a database that is away is an error that clients try again', async () => {
    const forward = dynamoDbForwarder('http://127.0.0.1:1')
    const server = awsEndpoint({}, { forward })
    const away = client(await listen(server)).send(new ListTablesCommand({}))
    await expect(away).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500, attempts: 2 },
    })
    server.close()
    forward.close()
  })

  it('items, failed conditions and large items pass through unchanged', async () => {
    const cloud = await openTestCloud({ dynamoDb: true })
    const dynamo = new DynamoDBClient(cloud.client)
    await createTable(dynamo)
    const Item = { id: { S: 'a' }, text: { S: 'ü'.repeat(100_000) } }
    const put = new PutItemCommand({
      TableName: 'things',
      Item,
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await dynamo.send(put)
    await expect(dynamo.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item })
    const read = await dynamo.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: 'a' } } }))
    expect(read.Item).toEqual(Item)

    await cloud.restart()
    const after = await new DynamoDBClient(cloud.client).send(
      new GetItemCommand({ TableName: 'things', Key: { id: { S: 'a' } } }),
    )
    expect(after.Item).toEqual(Item)
    await cloud.close()
  })
})

async function createTable(dynamo: DynamoDBClient): Promise<void> {
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
}
