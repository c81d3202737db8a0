import { randomUUID } from 'node:crypto'
import type { Caller } from '@gridgate/core/caller'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { ExecutorId, toExecutor } from '@gridgate/core/executor/executor'
import type { InfraBuilder } from '@gridgate/core/infra/infra-builder'
import type { Json, JsonObject } from '@gridgate/core/json'
import type { Log, Ports } from '@gridgate/core/ports'
import { type Task, TaskId } from '@gridgate/core/task/task'
import type { KubeClient } from '@gridgate/kube/client'
import type { Kubeconfig } from '@gridgate/kube/kubeconfig'
import type { manualClock } from '@gridgate/local/clock'
import { executorBuilder } from '@gridgate/runtime/executor-builder'
import { infraPlan } from '@gridgate/runtime/infra-plan'
import { kubeconfigReader } from '@gridgate/runtime/kubeconfig-reader'
import { kubernetes } from '@gridgate/runtime/kubernetes'
import { readInfraSetup } from '@gridgate/runtime/kubernetes-config'
import { kubeconfigVault } from '@gridgate/storage/kubeconfig-vault'
import { memoryStore } from '@gridgate/storage/memory-store'
import { actingAs, guardedCipher, guardedStore } from '../../../test/acting-as.ts'
import { portsOfRow } from '../../../test/ports-of-row.ts'
import { testCipher } from '../../../test/test-cipher.ts'
import { type Around, world } from '../../../test/world.ts'
import * as createExecutorSteps from '../../create-executor-infra/steps.ts'
import * as failoverSteps from '../../failover/steps.ts'
import * as joinNodeSteps from '../../join-node/steps.ts'
import { stepFunctionName, workflows } from '../../manifest.ts'
import * as removeSteps from '../../remove-cluster-infra/steps.ts'
import * as removeExecutorSteps from '../../remove-executor-infra/steps.ts'
import * as removeNodeSteps from '../../remove-node/steps.ts'
import * as createSteps from '../steps.ts'
import { histories, type SharedEngine, sharedEngine, startExecution, statusOf, stopAll } from './shared-engine.ts'

/** Time after which a task counts as stuck. */
const secondsMax = 4000
/** Turns without a running step after which only time is waited for. */
const quietTurns = 6

const steps: Record<string, Record<string, { run(ports: never, event: unknown): Promise<unknown> }>> = {
  'create-cluster-infra': createSteps,
  'remove-cluster-infra': removeSteps,
  'create-executor-infra': createExecutorSteps,
  'remove-executor-infra': removeExecutorSteps,
  failover: failoverSteps,
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
  /** Stands between the ports and the store. */
  store?: Around
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
  /** Called when a step has succeeded; what it throws is what the workflow sees of the step. */
  afterStep: (name: string) => void
  close(): Promise<void>
}

export async function infraWorld({
  open,
  config = {},
  ports = {},
  around = (builder) => builder,
  store = (inner) => inner,
}: InfraWorldOptions): Promise<InfraWorld> {
  const shared = await sharedEngine()
  const { engine, clock } = shared
  const now = { now: () => new Date(clock.now()) }
  const vault = guardedStore(memoryStore())
  const { logged, log } = memoryLog()
  const setup = readInfraSetup(JSON.stringify({ gatewayUrl: 'https://gateway.example' }), false)
  const reach: InfraBuilder['reachController'] = async () => ({ state: 'unreachable', reason: 'nobody listens' })
  const site = { setup, gatewayKeys: async () => [], open, reach }
  const parts = {
    clock: now,
    ids: { next: () => randomUUID() },
    log,
    kubeconfigs: kubeconfigVault(vault, guardedCipher(testCipher()), now),
    // The simulated cluster is on this machine.
    kubeconfigReader: kubeconfigReader({ refusal: () => null }),
    infraPlan: infraPlan(site),
    infra: around(kubernetes(site)),
    executorInfra: executorBuilder(site),
    policyMaps: { read: async () => ({ map: {}, version: 0 }), replace: () => Promise.reject(new Error('not here')) },
    workflows: {
      start: (workflow, taskId, input) => startExecution(engine, workflow, taskId, input),
      status: (workflow, taskId) => statusOf(engine, workflow, taskId),
    },
    ...ports,
  } satisfies Partial<Ports>
  const built = world(parts, undefined, store)
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
    afterStep: () => {},
    async close() {
      await stopAll(engine)
      shared.running = 0 // a step that hangs never ends
    },
  }
  shared.runStep = async (step, workflow, payload) => {
    given.ran.push(step)
    await given.beforeStep(step)
    const result = await actingAs(stepFunctionName(workflow, step), () =>
      steps[workflow]?.[step]?.run(portsOfRow(built.ports, rowOf(workflow, step)) as never, payload),
    )
    given.afterStep(step)
    return result as Json
  }
  await built.ports.clusters.create(documentWith(config))
  await built.ports.executors.create(
    toExecutor({}, { executor_id: executorId, executor_host_uri: 'http://198.51.100.7' }),
  )
  return given
}

/** The row of a step, whose ports it has and no others. */
const rowOf = (workflow: string, step: string) =>
  workflows.find(({ name }) => name === workflow)?.steps.find(({ name }) => name === step)

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

/** As a logger writes an error: with what lies underneath. */
const describe = (error: Error): unknown => ({
  ...error,
  name: error.name,
  message: error.message,
  stack: error.stack,
  cause: error.cause instanceof Error ? describe(error.cause) : error.cause,
})
