import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  type Environment,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ResourceConflictException,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import type { LocalKey } from '../aws/signature.ts'
import type { FunctionConfiguration } from '../lambda/function-configuration.ts'
import type { QueueSource } from './map-queues.ts'

/** Our Lambda host, as another Lambda reaches it to run what it only has the name of. */
export interface FunctionHost {
  endpoint: string
  key: LocalKey
  functions: readonly FunctionConfiguration[]
}

/** Calls at a time; more make an emulator no faster. */
const callsMax = 8
const activeSecondsMax = 120
const waits = { maxWaitTime: activeSecondsMax, minDelay: 1, maxDelay: 2 }
/** Memory of functions that this process runs itself, in MiB; it is not held against them. */
const hostedMemoryMb = 128

/** A zip without files: the code stays with the host. */
const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])

/** Makes known to another Lambda the functions that our host runs, and gives them their queues. Safe to run at every start. */
export async function putFunctions(
  roleArn: string,
  host: FunctionHost,
  sources: readonly QueueSource[],
): Promise<void> {
  const lambda = new LambdaClient({})
  const alike = { Role: roleArn, Environment: environmentOf(host) }
  try {
    await forEach(host.functions, (fn) => putFunction(lambda, fn, alike))
    // Asked for last, most are active without a wait.
    await forEach(host.functions, (fn) => untilActive(lambda, fn.name))
    for (const source of sources) await putMapping(lambda, source)
  } finally {
    lambda.destroy()
  }
}

/** Does something for each function, some at a time. */
async function forEach(
  functions: readonly FunctionConfiguration[],
  act: (fn: FunctionConfiguration) => Promise<unknown>,
): Promise<void> {
  const left = [...functions]
  const work = async (): Promise<void> => {
    for (let fn = left.shift(); fn; fn = left.shift()) await act(fn)
  }
  await Promise.all(Array.from({ length: callsMax }, work))
}

/** Where the executor finds the host (test/localstack/executor). */
const environmentOf = ({ endpoint, key }: FunctionHost): Environment => ({
  Variables: {
    GRIDGATE_LAMBDA_HOST: endpoint,
    GRIDGATE_LAMBDA_HOST_KEY_ID: key.accessKeyId,
    GRIDGATE_LAMBDA_HOST_KEY: key.secretAccessKey,
  },
})

async function putFunction(
  lambda: LambdaClient,
  fn: FunctionConfiguration,
  alike: { Role: string; Environment: Environment },
): Promise<void> {
  const common = {
    FunctionName: fn.name,
    Runtime: 'nodejs22.x' as const,
    Handler: 'module' in fn ? fn.handler : 'handler',
    Timeout: fn.timeoutSeconds,
    MemorySize: 'module' in fn ? fn.memoryMb : hostedMemoryMb,
    ...alike,
  }
  try {
    await lambda.send(new CreateFunctionCommand({ ...common, Code: { ZipFile: emptyZip } }))
    if (fn.name.includes('-internal-')) await permitRules(lambda, fn.name)
  } catch (error) {
    if (!(error instanceof ResourceConflictException)) throw error
    await lambda.send(new UpdateFunctionConfigurationCommand(common))
  }
}

async function untilActive(client: LambdaClient, FunctionName: string): Promise<void> {
  await waitUntilFunctionActiveV2({ client, ...waits }, { FunctionName })
  await waitUntilFunctionUpdatedV2({ client, ...waits }, { FunctionName })
}

/** Rules invoke what is under `functions/internal`, and nothing else. */
const permitRules = (lambda: LambdaClient, FunctionName: string): Promise<unknown> =>
  lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'rules',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
    }),
  )

async function putMapping(lambda: LambdaClient, { queueArn, functionName, batchSize }: QueueSource): Promise<void> {
  const asked = { EventSourceArn: queueArn, FunctionName: functionName }
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand(asked))
  if (EventSourceMappings.length > 0) return
  const command = { ...asked, BatchSize: batchSize, FunctionResponseTypes: ['ReportBatchItemFailures' as const] }
  await lambda.send(new CreateEventSourceMappingCommand(command))
}
