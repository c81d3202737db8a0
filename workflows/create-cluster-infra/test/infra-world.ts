import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Caller } from '@gridgate/core/caller'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { ExecutorId, toExecutor } from '@gridgate/core/executor/executor'
import type { InfraBuilder } from '@gridgate/core/infra/infra-builder'
import type { Json, JsonObject } from '@gridgate/core/json'
import type { Log, Ports } from '@gridgate/core/ports'
import { fillDefinition } from '@gridgate/core/task/definition'
import { type Task, TaskId } from '@gridgate/core/task/task'
import type { ExecutionStatus } from '@gridgate/core/task/workflows'
import type { KubeClient } from '@gridgate/kube/client'
import type { Kubeconfig } from '@gridgate/kube/kubeconfig'
import { manualClock } from '@gridgate/local/clock'
import { openStepFunctions, type StepFunctions } from '@gridgate/local/step-functions/open-step-functions'
import { executorBuilder } from '@gridgate/runtime/executor-builder'
import { kubernetes } from '@gridgate/runtime/kubernetes'
import { readInfraSetup } from '@gridgate/runtime/kubernetes-config'
import { kubeconfigVault } from '@gridgate/storage/kubeconfig-vault'
import { fileKeyCipher } from '@gridgate/storage/kubeconfig-vault-cipher'
import { memoryStore } from '@gridgate/storage/memory-store'
import { world } from '../../../test/world.ts'
import * as createExecutorSteps from '../../create-executor-infra/steps.ts'
import * as joinNodeSteps from '../../join-node/steps.ts'
import { stepFunctionName, workflows } from '../../manifest.ts'
import * as removeSteps from '../../remove-cluster-infra/steps.ts'
import * as removeExecutorSteps from '../../remove-executor-infra/steps.ts'
import * as removeNodeSteps from '../../remove-node/steps.ts'
import * as createSteps from '../steps.ts'

const region = 'eu-west-1'
const accountId = '000000000000'
/** Time after which a task counts as stuck. */
const secondsMax = 4000
/** Turns without a running step after which only time is waited for. */
const quietTurns = 6

const steps: Record<string, Record<string, { run(ports: never, event: unknown): Promise<unknown> }>> = {
  'create-cluster-infra': createSteps,
  'remove-cluster-infra': removeSteps,
  'create-executor-infra': createExecutorSteps,
  'remove-executor-infra': removeExecutorSteps,
  'join-node': joinNodeSteps,
  'remove-node': removeNodeSteps,
}

export const clusterId = ClusterId.parse('west-1')
export const executorId = ExecutorId.parse('executor-001')
export const caller: Caller = { id: 'tester', role: 'network-admin', clusters: '*' }

/** A kubeconfig as callers send it; its secrets are canaries. */
export const kubeconfig = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'main',
  clusters: [{ name: 'c', cluster: { server: 'https://k8s.west.example:6443' } }],
  users: [{ name: 'u', user: { token: 'canary-token' } }],
  contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
}

export interface InfraWorldOptions {
  /** The cluster that a kubeconfig leads to. */
  open: (kubeconfig: Kubeconfig) => KubeClient
  /** Further settings of the cluster. */
  config?: JsonObject
  /** Further parts of this world. */
  ports?: Partial<Ports>
  /** Stands between a step and the cluster, to make calls fail. */
  around?: (builder: InfraBuilder) => InfraBuilder
}

/** Everything an infra task needs, in this process: real definitions on the real engine, steps, stores in memory. */
export interface InfraWorld {
  ports: Ports
  clock: ReturnType<typeof manualClock>
  /** Names of the steps that ran, in order. */
  ran: string[]
  /** Every log line, as JSON text. */
  logged: string[]
  vault: ReturnType<typeof memoryStore>
  everything(): Promise<string>
  task(id: string): Promise<Task>
  /** Lets time pass until the task is finished. */
  finish(id: string): Promise<Task>
  /** Called before each step; a rejection is a crash of the step's function. */
  beforeStep: (name: string) => void | Promise<void>
  close(): Promise<void>
}

export async function infraWorld({
  open,
  config = {},
  ports = {},
  around = (builder) => builder,
}: InfraWorldOptions): Promise<InfraWorld> {
  opened ??= openEngine()
  const shared = await opened
  const { engine, clock } = shared
  const folder = await mkdtemp(join(tmpdir(), 'gridgate-infra-'))
  const now = { now: () => new Date(clock.now()) }
  const vault = memoryStore()
  const { logged, log } = memoryLog()
  const setup = readInfraSetup(JSON.stringify({ gatewayUrl: 'https://gateway.example' }), false)
  const reach: InfraBuilder['reachController'] = async () => ({ state: 'unreachable', reason: 'nobody listens' })
  const site = { setup, gatewayKeys: async () => [], open, checkServer: () => undefined, reach }
  const built = world({
    clock: now,
    ids: { next: () => randomUUID() },
    log,
    kubeconfigs: kubeconfigVault(vault, fileKeyCipher(folder), now),
    infra: around(kubernetes(site)),
    executorInfra: executorBuilder(site),
    policyMaps: { read: async () => ({ map: {}, version: 0 }), replace: () => Promise.reject(new Error('not here')) },
    workflows: {
      start: (workflow, taskId, input) => startExecution(engine, workflow, taskId, input),
      status: (workflow, taskId) => statusOf(engine, workflow, taskId),
    },
    ...ports,
  })
  const given: InfraWorld = {
    ports: built.ports,
    clock,
    ran: [],
    logged,
    vault,
    everything: async () =>
      JSON.stringify([
        built.snapshot(),
        logged,
        await histories(engine, (id) => given.ports.tasks.find(TaskId.parse(id))),
      ]),
    task: (id) => readTask(built.ports, id),
    finish: (id) => finish(given, shared, id),
    beforeStep: () => {},
    async close() {
      await stopAll(engine)
      shared.running = 0 // a step that hangs never ends
      await rm(folder, { recursive: true, force: true })
    },
  }
  shared.runStep = async (step, workflow, payload) => {
    given.ran.push(step)
    await given.beforeStep(step)
    return (await steps[workflow]?.[step]?.run(portsOf(workflow, step, built.ports) as never, payload)) as Json
  }
  await built.ports.clusters.create(documentWith(config))
  await built.ports.executors.create(
    toExecutor({}, { executor_id: executorId, executor_host_uri: 'http://198.51.100.7' }),
  )
  return given
}

/** A step has the ports of its row and no others. */
function portsOf(workflow: string, step: string, ports: Ports): Partial<Ports> {
  const row = workflows.find(({ name }) => name === workflow)?.steps.find(({ name }) => name === step)
  return Object.fromEntries((row?.ports ?? []).map((name) => [name, ports[name as keyof Ports]]))
}

const documentWith = (config: JsonObject): Cluster =>
  Cluster.parse({
    id: clusterId,
    regionId: 'eu',
    nodes: { count: 1, nodeData: [{ id: 'n1', gpus: { count: 1, memory: 1 } }] },
    config: { publicHostname: 'west.example', ...config },
  })

async function readTask(ports: Ports, id: string): Promise<Task> {
  const found = await ports.tasks.find(TaskId.parse(id))
  if (!found) throw new Error(`no task ${id}`)
  return found.task
}

/** A second passes whenever nothing is left to do without it. */
async function finish(given: InfraWorld, shared: SharedEngine, id: string): Promise<Task> {
  for (let second = 0; second < secondsMax; second++) {
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (shared.running > 0) quiet = -1
    }
    if (shared.ended.has(id)) return given.task(id)
    await given.clock.advance(1000)
  }
  throw new Error(`task ${id} does not end: ${JSON.stringify(await given.task(id))}`)
}

function memoryLog(): { logged: string[]; log: Log } {
  const logged: string[] = []
  const note = (event: string, fields?: Record<string, unknown>): void => {
    logged.push(
      JSON.stringify([event, fields], (_, value: unknown) => (value instanceof Error ? describe(value) : value)),
    )
  }
  return { logged, log: { info: note, warn: note, error: note } }
}

/** The engine of this process with both definitions; reading them takes longer than running them. */
interface SharedEngine {
  engine: StepFunctions
  clock: ReturnType<typeof manualClock>
  /** Steps under way. */
  running: number
  /** Names of ended executions. */
  ended: Set<string>
  /** The step of the present world. */
  runStep: (step: string, workflow: string, payload: Json) => Promise<Json>
}

let opened: Promise<SharedEngine> | undefined

async function openEngine(): Promise<SharedEngine> {
  const clock = manualClock()
  const engine = openStepFunctions({
    file: ':memory:',
    clock,
    region,
    accountId,
    onStatusChange: ({ name, status }) => void (status !== 'RUNNING' && shared.ended.add(name)),
    integrations: {
      sendMessage: () => Promise.reject(new Error('no queue')),
      async invokeFunction(arn, payload) {
        const [workflow = '', step = ''] = stepOf(arn.split(':').at(-1) ?? '')
        shared.running++
        try {
          return { payload: await shared.runStep(step, workflow, payload) }
        } catch (error) {
          const { name, message, stack = '' } = error as Error
          return { functionError: { errorType: name, errorMessage: message, trace: stack.split('\n') } }
        } finally {
          shared.running--
        }
      },
    },
  })
  const shared: SharedEngine = { engine, clock, running: 0, ended: new Set(), runStep: async () => null }
  await createMachines(engine)
  engine.resume()
  return shared
}

const machineArn = (workflow: string): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:gridgate-${workflow}`

async function createMachines(engine: StepFunctions): Promise<void> {
  for (const { name } of workflows) {
    const text = readFileSync(join(import.meta.dirname, `../../${name}/workflow.asl.json`), 'utf8')
    const definition = fillDefinition(
      text,
      (step) => `arn:aws:lambda:${region}:${accountId}:function:gridgate-${stepFunctionName(name, step)}`,
    )
    const roleArn = `arn:aws:iam::${accountId}:role/workflows`
    await engine.call('CreateStateMachine', { name: `gridgate-${name}`, definition, roleArn })
  }
}

/** `gridgate-create-cluster-infra-check-cluster` → its workflow and step. */
function stepOf(functionName: string): string[] {
  for (const { name, steps: rows } of workflows)
    for (const row of rows) if (functionName === `gridgate-${stepFunctionName(name, row.name)}`) return [name, row.name]
  throw new Error(`no function ${functionName}`)
}

async function startExecution(engine: StepFunctions, workflow: string, name: string, input: JsonObject): Promise<void> {
  await engine.call('StartExecution', { stateMachineArn: machineArn(workflow), name, input: JSON.stringify(input) })
}

async function statusOf(engine: StepFunctions, workflow: string, name: string): Promise<ExecutionStatus | null> {
  const executionArn = `${machineArn(workflow).replace(':stateMachine:', ':execution:')}:${name}`
  try {
    const { status } = await engine.call('DescribeExecution', { executionArn })
    return String(status).toLowerCase() as ExecutionStatus
  } catch {
    return null
  }
}

/** Executions of a test that is over must not meet the next one. */
async function stopAll(engine: StepFunctions): Promise<void> {
  for (const { name } of workflows) {
    const asked = { stateMachineArn: machineArn(name), statusFilter: 'RUNNING' }
    const { executions } = await engine.call('ListExecutions', asked)
    for (const { executionArn } of executions as { executionArn: string }[])
      await engine.call('StopExecution', { executionArn })
  }
}

/** What the engine keeps of the tasks of one world. */
async function histories(engine: StepFunctions, find: (id: string) => Promise<unknown>): Promise<Json> {
  const all: Json[] = []
  for (const { name: workflow } of workflows) {
    const { executions } = await engine.call('ListExecutions', { stateMachineArn: machineArn(workflow) })
    for (const { executionArn, name } of executions as { executionArn: string; name: string }[]) {
      if (!(await find(name))) continue
      all.push(await engine.call('DescribeExecution', { executionArn }))
      all.push(await engine.call('GetExecutionHistory', { executionArn, maxResults: 1000 }))
    }
  }
  return all
}

/** As a logger writes an error: with what lies underneath. */
const describe = (error: Error): unknown => ({
  ...error,
  name: error.name,
  message: error.message,
  stack: error.stack,
  cause: error.cause instanceof Error ? describe(error.cause) : error.cause,
})
