import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { AwsIdentity } from '@gridgate/runtime/makers'
import { awsEndpoint } from '../aws/endpoint.ts'
import type { Log } from '../aws/log.ts'
import type { AwsService, JsonObject } from '../aws/service.ts'
import type { LocalKey } from '../aws/signature.ts'
import { codeCache } from '../cache-folder.ts'
import { systemClock } from '../clock.ts'
import { dynamoDbForwarder } from '../dynamodb/forward.ts'
import { startDynamoDb } from '../dynamodb/start-dynamodb.ts'
import { openEvents } from '../events/open-events.ts'
import { guardedHandler } from '../iam/guarded-handler.ts'
import { openPrincipals } from '../iam/principals.ts'
import { openKms } from '../kms/open-kms.ts'
import type { FunctionConfiguration } from '../lambda/function-configuration.ts'
import { openLambdaHost } from '../lambda/lambda-host.ts'
import { lambdaRest } from '../lambda/lambda-rest.ts'
import { openSqs } from '../sqs/open-sqs.ts'
import { openStepFunctions } from '../step-functions/open-step-functions.ts'
import { functionBundles } from './bundle-functions.ts'
import { functionPolicies } from './function-policies.ts'
import { integrations } from './integrations.ts'
import { mapQueues } from './map-queues.ts'
import type { FunctionHost } from './put-functions.ts'
import { clientEnvironment, externalEndpoint, isEmulated, keyEnvironment, serviceNames } from './services.ts'

/** Functions that have nothing to do stay started for a short while: each takes some 30 MB. */
const idleWorkersMax = 3
const idleWorkerSecondsMax = 30

export interface Cloud {
  /** One address for all embedded services. */
  endpoint: string
  /** Null where it is the user's own, which is not to be shown. */
  key: LocalKey | null
  /** What another Lambda than the embedded one is to run functions on; null where the functions there have code of their own. */
  host: FunctionHost | null
  /**
   * Goes on with the executions that an earlier process left running, and with the messages in the queues. Call it once
   * everything they need is up.
   */
  resume(): void
  /** Settings of clients in this process that act as one function: its key, and its rights for each call. */
  actAs(functionName: string): AwsIdentity
  stop(): Promise<void>
}

export interface CloudOptions {
  file(name: string): string
  port: number
  region: string
  accountId: string
  /** Name prefix of functions and queues. */
  prefix: string
  table: string
  /** Asked once the endpoint's address is known. */
  functions(environment: Record<string, string>): Promise<FunctionConfiguration[]>
  /** The file to load for a module of functions; bundled now, unless it is given. */
  load?(module: string): Promise<string>
  log: Log
}

/**
 * Starts the embedded cloud and points this process's SDK clients at it. A service whose endpoint variable is set is
 * left to whoever listens there.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { file, region, accountId, log } = options
  const key = localKey(file('aws-key.json'))
  const database = externalEndpoint('DYNAMODB', process.env)
    ? null
    : await startDynamoDb({ file: file('dynamodb.sqlite'), log })
  const services: Record<string, AwsService> = {}
  const principals = openPrincipals({
    ...{ owner: key, region, accountId, usedFile: process.env.GRIDGATE_RIGHTS_FILE },
    policies: functionPolicies({ ...options, partition: 'aws', kmsKeyArn: localKmsKey(options) }),
  })
  const keyOf = key.isOurs ? principals.keyOf : () => key
  const server = awsEndpoint(services, {
    principals,
    log,
    rest: (request) => rest(request),
    ...(database ? { forward: dynamoDbForwarder(database.endpoint) } : {}),
  })
  const endpoint = await listen(server, options.port)
  const given = { ...process.env }
  const environment = clientEnvironment(given, endpoint, key, region)
  Object.assign(process.env, environment)
  // Our own clients reach the database straight, not through this process a second time.
  if (database) process.env.AWS_ENDPOINT_URL_DYNAMODB = database.endpoint

  const common = { clock: systemClock, region, accountId, log }
  const functions = await options.functions(environment)
  const lambda = openLambdaHost({
    ...common,
    file: file('lambda.sqlite'),
    functions,
    keyOf,
    endpointUrl: () => endpoint,
    idleMax: idleWorkersMax,
    idleSecondsMax: idleWorkerSecondsMax,
    compileCache: codeCache,
    load: options.load ?? functionBundles(functions.flatMap((fn) => ('module' in fn ? [fn.module] : []))),
  })
  const rest = lambdaRest(lambda)
  const sqs = openSqs({ ...common, file: file('sqs.sqlite'), baseUrl: () => endpoint })
  const events = openEvents({
    ...common,
    file: file('events.sqlite'),
    deliver: {
      toFunction: (arn, payload) => lambda.invoke(arn, payload, 'Event'),
      toQueue: sqs.sendTo,
    },
  })
  const lambdaClient = new LambdaClient({})
  const sqsClient = new SQSClient({})
  const states = openStepFunctions({
    ...common,
    file: file('step-functions.sqlite'),
    integrations: integrations(lambdaClient, sqsClient),
    onStatusChange: (detail) =>
      events.publish({
        source: 'aws.states',
        detailType: 'Step Functions Execution Status Change',
        detail: detail as unknown as JsonObject,
        resources: [detail.executionArn],
      }),
  })
  const kms = openKms({ file: file('kms.key'), keyArn: localKmsKey(options) })
  Object.assign(services, { AmazonSQS: sqs, AWSEvents: events, AWSStepFunctions: states, TrentService: kms })
  await database?.ready
  const databaseHandler = new DynamoDBClient({}).config.requestHandler
  let mappings: { stop(): Promise<void> } | undefined

  return {
    endpoint,
    actAs(functionName) {
      if (!key.isOurs) return { environment: process.env, database: {} }
      const credentials = keyOf(functionName)
      const requestHandler = guardedHandler(principals, { functionName, key: credentials }, databaseHandler)
      return {
        environment: { ...process.env, ...keyEnvironment(credentials) },
        database: database ? { credentials, requestHandler } : { credentials },
      }
    },
    key: key.isOurs ? { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey } : null,
    host: isEmulated('LAMBDA', given) ? { endpoint, key, functions } : null,
    resume() {
      states.resume()
      // Another SQS is asked by whoever brought it along.
      if (externalEndpoint('SQS', given) === null)
        mappings = mapQueues({ ...common, sqs, lambda, prefix: options.prefix })
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await mappings?.stop()
      await states.close()
      await events.close()
      await lambda.close()
      sqs.close()
      lambdaClient.destroy()
      sqsClient.destroy()
      await database?.stop()
    },
  }
}

/** The one key of the embedded KMS. */
export const localKmsKey = ({ region, accountId }: Pick<CloudOptions, 'region' | 'accountId'>): string =>
  `arn:aws:kms:${region}:${accountId}:key/local`

/** Listens on loopback, on the wanted port if it is free, on another one if not. */
async function listen(server: ReturnType<typeof awsEndpoint>, port: number): Promise<string> {
  const on = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await on(port).catch(() => on(0))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/**
 * The one key of the embedded cloud. Where some parts are external it is the user's own, because a client has one key for
 * all; otherwise it is made at the first start, and whatever else the environment names as credentials is not used.
 */
function localKey(file: string): LocalKey & { isOurs: boolean } {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env
  const anyExternal = serviceNames.some((service) => externalEndpoint(service, process.env) !== null)
  if (anyExternal && accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, isOurs: false }
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name]
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as LocalKey), isOurs: true }
  } catch {
    const key = {
      accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
    }
    writeFileSync(file, JSON.stringify(key), { mode: 0o600 })
    return { ...key, isOurs: true }
  }
}
