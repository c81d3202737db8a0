import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { executorName } from '@gridgate/core/executor/executor'
import { createExecutorInfra, removeExecutorInfra } from '@gridgate/core/executor/start-executor-task'
import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import { removeClusterInfra } from '@gridgate/core/infra/remove-cluster-infra'
import type { Task } from '@gridgate/core/task/task'
import { type KubeClient, openClient } from '@gridgate/kube/client'
import { ownerLabels } from '@gridgate/kube/ownership'
import { type SimulatedCluster, startSimulatedCluster } from '@gridgate/local/kube/cluster'
import type { Fault } from '@gridgate/local/kube/faults'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, clusterId, executorId, type InfraWorld, infraWorld } from './infra-world.ts'

export type Workflow = `${'create' | 'remove'}-${'cluster' | 'executor'}-infra`

/** The workflow that makes what a removal takes away, and the one that takes away what a creation makes. */
const creationOf = (workflow: Workflow): Workflow => workflow.replace('remove-', 'create-') as Workflow
const removalOf = (workflow: Workflow): Workflow => workflow.replace('create-', 'remove-') as Workflow

/** A failure that stays for the length of one state, and what the task then says. */
export const lasting = {
  forbidden: { fault: { kind: 'status', status: 403 }, code: 'kube.forbidden' },
  conflict: { fault: { kind: 'status', status: 409 }, code: 'kube.conflict' },
  throttled: { fault: { kind: 'status', status: 429, retryAfterSeconds: 30 }, code: 'kube.throttled' },
  broken: { fault: { kind: 'status', status: 500 }, code: 'kube.failed' },
  cut: { fault: { kind: 'cut' }, code: 'kube.unreachable' },
} as const satisfies Record<string, { fault: Fault; code: string }>
export type Lasting = keyof typeof lasting

/** A failure that passes: the first two requests of each kind meet it. */
export const passing = {
  throttled: { kind: 'status', status: 429, retryAfterSeconds: 1 },
  broken: { kind: 'status', status: 500 },
  cut: { kind: 'cut' },
} as const satisfies Record<string, Fault>
export type Passing = keyof typeof passing

const definitionOf = (workflow: Workflow): { States: Record<string, { Type: string }> } =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../${workflow}/workflow.asl.json`), 'utf8'))

/** States of the definition that call the cluster on the way to success, in order. */
export function callingStates(workflow: Workflow): string[] {
  const tasks = Object.entries(definitionOf(workflow).States).flatMap(([name, { Type }]) =>
    Type === 'Task' ? [name] : [],
  )
  const silent = ['ReachController', 'WriteUrlMap', 'ClearUrlMap', 'RecordExecutor', 'ClearExecutor', 'CompleteTask']
  return tasks.slice(0, tasks.indexOf('CompleteTask')).filter((name) => !silent.includes(name))
}

const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())

/** One simulated cluster and everything around it. */
export interface Bench {
  w: InfraWorld
  cluster: SimulatedCluster
  /** Images whose containers never become ready. */
  stuck: Set<string>
  run(workflow: Workflow): Promise<Task>
  /** Names of everything on the cluster that carries our label. */
  labelled(): string[]
  /** Makes requests fail while a state runs; null for every state. */
  failDuring(state: string | null, decide: (attempt: number) => Fault | null): void
  heal(): void
  close(): Promise<void>
}

export async function openBench(kubeconfig: (cluster: SimulatedCluster) => unknown): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'gridgate-bench-'))
  const stuck = new Set<string>()
  const defects: unknown[] = []
  const images = (image: string) => ({
    start: async () => ({
      ready: () => ![...stuck].some((part) => image.includes(part)),
      stop: async () => {},
      ports: {},
    }),
  })
  const cluster = await startSimulatedCluster({
    folder,
    port: 0,
    inMemory: true,
    images,
    onError: (e) => defects.push(e),
  })
  // One client for all steps: a handshake for each would take most of the time.
  let client: KubeClient | undefined
  const w = await infraWorld({
    open(given) {
      client ??= openClient(given, { checkAddress: () => {}, pause: async () => {} })
      return { ...client, close: () => {} }
    },
  })
  const config = kubeconfig(cluster)
  const ofCluster = { body: { cluster_id: clusterId, kube_config_data: config }, caller, requestId: 'r1' }
  const ofExecutor = { id: executorId, body: { cluster_config: config, max_processes: 2 }, caller }
  const starts: Record<Workflow, () => Promise<{ task_id: string }>> = {
    'create-cluster-infra': () => createClusterInfra(w.ports, ofCluster),
    'remove-cluster-infra': () => removeClusterInfra(w.ports, ofCluster),
    'create-executor-infra': () => createExecutorInfra(w.ports, ofExecutor),
    'remove-executor-infra': () => removeExecutorInfra(w.ports, ofExecutor),
  }
  return {
    w,
    cluster,
    stuck,
    run: async (workflow) => w.finish((await starts[workflow]()).task_id),
    labelled: () => cluster.objects().flatMap(({ metadata }) => (isOurs(metadata.labels) ? [metadata.name] : [])),
    failDuring(state, decide) {
      w.beforeStep = (step) =>
        cluster.setFaults(state === null || step === camel(state) ? ({ attempt }) => decide(attempt) : undefined)
    },
    heal() {
      w.beforeStep = () => {}
      cluster.setFaults(undefined)
    },
    async close() {
      await w.close()
      client?.close()
      await cluster.stop()
      await rm(folder, { recursive: true, force: true })
      expect(defects).toEqual([])
    },
  }
}

const isOurs = (labels: Readonly<Record<string, unknown>> | undefined): boolean =>
  [clusterId, executorName(executorId)].some((owner) =>
    Object.entries(ownerLabels(owner)).every(([name, value]) => labels?.[name] === value),
  )

/** Which failure meets which state, in one go through a workflow. */
export interface Chain {
  name: string
  workflow: Workflow
  fault: (stateIndex: number) => Lasting
}

/**
 * Goes through a workflow state by state on one cluster: each run fails at the next state, so each is also the second run
 * of the one before; at the end the workflow succeeds, and a removal leaves nothing.
 */
export function describeChain({ name, workflow, fault }: Chain): void {
  describe(`${workflow} against an API server that fails: ${name}`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench((cluster) => cluster.kubeconfig())
      if (workflow.startsWith('remove')) await bench.run(creationOf(workflow))
    })
    afterAll(() => bench.close())

    it.each(
      callingStates(workflow).map((state, index) => [state, fault(index)] as const),
    )('%s, %s: the task names state, cause and what is left', async (state, kind) => {
      bench.failDuring(state, () => lasting[kind].fault)
      const task = await bench.run(workflow)
      bench.heal()
      expect(task).toMatchObject({
        task_status: 'failed',
        task_status_data: { step: state, code: lasting[kind].code, error: expect.stringMatching(/\w/) },
      })
      expect(task.task_status_data.steps?.find((step) => step.name === state)?.status).toBe('failed')
      expect(task.task_status_data.left_behind?.length).toBe(bench.labelled().length)
    })

    it('then succeeds, and a removal leaves nothing that carries our label', async () => {
      expect(await bench.run(workflow)).toMatchObject({ task_status: 'completed' })
      expect(await bench.run(removalOf(workflow))).toMatchObject({ task_status: 'completed' })
      expect(bench.labelled()).toEqual([])
    })
  })
}

/** Each request of each state fails twice before it succeeds. */
export function describePassing(kind: Passing, workflows: readonly Workflow[]): void {
  describe(`an API server whose failures pass: ${kind}`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench((cluster) => cluster.kubeconfig())
    })
    afterAll(() => bench.close())

    it.each(workflows)('%s succeeds all the same', async (workflow) => {
      bench.failDuring(null, (attempt) => (attempt <= 2 ? passing[kind] : null))
      expect(await bench.run(workflow)).toMatchObject({ task_status: 'completed' })
      bench.heal()
    })
  })
}

/** Containers of an image never become ready. */
export function describeStuck({ state, image, named }: { state: string; image: string; named: string }): void {
  it(`${state}: a task whose ${image} never becomes ready fails with that, and goes through once it is mended`, async () => {
    const bench = await openBench((cluster) => cluster.kubeconfig())
    bench.stuck.add(image)
    const task = await bench.run('create-cluster-infra')
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'infra.not_ready', step: state } })
    expect(task.task_status_data.error).toContain(named)
    expect(task.task_status_data.left_behind?.length).toBe(bench.labelled().length)
    bench.stuck.clear()
    expect(await bench.run('create-cluster-infra')).toMatchObject({ task_status: 'completed' })
    await bench.close()
  })
}
