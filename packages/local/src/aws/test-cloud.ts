import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { dynamoDbForwarder } from '../dynamodb/forward.ts'
import { startDynamoDb } from '../dynamodb/start-dynamodb.ts'
import { type Events, openEvents } from '../events/open-events.ts'
import { openPrincipals } from '../iam/principals.ts'
import type { FunctionConfiguration } from '../lambda/function-configuration.ts'
import { type LambdaHost, openLambdaHost } from '../lambda/lambda-host.ts'
import { lambdaRest } from '../lambda/lambda-rest.ts'
import { openSqs, type Sqs } from '../sqs/open-sqs.ts'
import { awsEndpoint } from './endpoint.ts'
import type { Log } from './log.ts'
import type { JsonObject } from './service.ts'

/** Settings of a real SDK client for this cloud. */
export interface ClientSettings {
  endpoint: string
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string }
  maxAttempts: number
}

/** All services behind one endpoint, over a folder of their own, for tests with real clients. */
export interface TestCloud {
  client: ClientSettings
  sqs: Sqs
  events: Events
  lambda: LambdaHost
  log: { event: string; fields: JsonObject }[]
  /** Ends everything and opens it again over the same files; `meanwhile` runs in between. */
  restart(meanwhile?: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

const region = 'eu-west-1'
const accountId = '000000000000'
const key = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'local-secret' }

/** Everything is done by the owner of the account here; what functions may do is tested in ../iam. */
const principals = openPrincipals({ owner: key, policies: new Map(), region, accountId })

export interface TestCloudOptions {
  functions?: readonly FunctionConfiguration[]
  clock?: Clock
  dynamoDb?: boolean
  workersMax?: number
  idleSecondsMax?: number
}

type Running = Pick<TestCloud, 'client' | 'sqs' | 'events' | 'lambda'> & { end(): Promise<void> }

/** Opens a cloud for a test; `close` it at the end. */
export async function openTestCloud(options: TestCloudOptions = {}): Promise<TestCloud> {
  const folder = await mkdtemp(join(tmpdir(), 'gridgate-cloud-'))
  const log: TestCloud['log'] = []
  let running = await start(folder, options, (event, fields) => void log.push({ event, fields }))
  const cloud: TestCloud = {
    ...running,
    log,
    async restart(meanwhile) {
      await running.end()
      await meanwhile?.()
      running = await start(folder, options, (event, fields) => void log.push({ event, fields }))
      Object.assign(cloud, running)
    },
    async close() {
      await running.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return cloud
}

async function start(folder: string, options: TestCloudOptions, log: Log): Promise<Running> {
  const { clock = systemClock, functions = [], workersMax = 6, idleSecondsMax = 300 } = options
  const file = (name: string): string => join(folder, `${name}.sqlite`)
  let endpoint = ''
  const where = { region, accountId, clock, log }
  const sqs = openSqs({ ...where, file: file('sqs'), baseUrl: () => endpoint })
  const host = { functions, keyOf: () => key, endpointUrl: () => endpoint, workersMax, idleSecondsMax }
  const lambda = openLambdaHost({ ...where, ...host, file: file('lambda') })
  const toFunction = (arn: string, payload: string): Promise<unknown> => lambda.invoke(arn, payload, 'Event')
  const events = openEvents({ ...where, file: file('events'), deliver: { toFunction, toQueue: sqs.sendTo } })
  const dynamoDb = options.dynamoDb ? await startDynamoDb({ file: file('dynamodb'), log }) : undefined
  await dynamoDb?.ready
  const forward = dynamoDb && dynamoDbForwarder(dynamoDb.endpoint)
  const rest = lambdaRest(lambda)
  const server = awsEndpoint(
    { AmazonSQS: sqs, AWSEvents: events },
    { principals, log, rest, ...(forward ? { forward } : {}) },
  )
  endpoint = await listen(server)
  return {
    client: { endpoint, region, credentials: key, maxAttempts: 1 },
    sqs,
    events,
    lambda,
    async end() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      forward?.close()
      await events.close()
      await lambda.close()
      sqs.close()
      await dynamoDb?.stop()
    },
  }
}

/** Listens on a free loopback port and returns the address. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
