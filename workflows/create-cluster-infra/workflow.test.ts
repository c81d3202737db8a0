import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import type { JsonObject } from '@gridgate/core/json'
import { cancelTask } from '@gridgate/core/task/cancel-task'
import { closeTask } from '@gridgate/core/task/close-task'
import { type Task, TaskId } from '@gridgate/core/task/task'
import { isOwned } from '@gridgate/kube/ownership'
import { afterEach, describe, expect, it } from 'vitest'
import { caller, clusterId, type InfraWorld, infraWorld, kubeconfig } from './test/infra-world.ts'
import { LivingCluster } from './test/living-cluster.ts'

const definition = JSON.parse(readFileSync(join(import.meta.dirname, 'workflow.asl.json'), 'utf8')) as {
  States: Record<string, { Type: string }>
}
const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())
/** Task states of the way to success, in order. */
const states = Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : []))
const building = states.slice(0, states.indexOf('CompleteTask') + 1)

let w: InfraWorld
afterEach(() => w.close())

async function open(cluster = new LivingCluster(), config: JsonObject = {}): Promise<LivingCluster> {
  w = await infraWorld({ open: () => cluster, config })
  return cluster
}

async function start(): Promise<string> {
  const body = { cluster_id: clusterId, kube_config_data: kubeconfig }
  return (await createClusterInfra(w.ports, { body, caller, requestId: 'r1' })).task_id
}

const run = async (): Promise<Task> => w.finish(await start())
const owned = (cluster: LivingCluster): string[] =>
  cluster.objects().flatMap((object) => (isOwned(object, clusterId) ? [object.metadata.name] : []))
const system = async () => (await w.ports.clusters.find(clusterId))?.system
/** Makes one step fail with `error`, as often as said. */
function failAt(step: string, error: Error, times = Number.POSITIVE_INFINITY): void {
  let left = times
  w.beforeStep = (name) => {
    if (name === step && left-- > 0) throw error
  }
}

describe('create-cluster-infra', () => {
  it('builds everything in the documented order and records where it answers', async () => {
    await open()
    const task = await run()
    expect(task).toMatchObject({
      task_type: 'cluster_infra_creation',
      task_status: 'completed',
      task_data: { cluster_id: 'west-1' },
      task_status_data: {
        controller: 'unreachable',
        result: {
          id: 'west-1',
          nodes: { count: 1 },
          config: {
            urlMap: { controllerService: 'http://west.example:32300', publicGateway: 'http://west.example:32000' },
          },
        },
      },
    })
    expect(JSON.stringify(task.task_status_data.result)).not.toContain('nodeData')
    expect(task.task_status_data.steps?.map(({ name, status }) => [name, status])).toEqual(
      building.slice(0, -1).map((name) => [name, 'succeeded']),
    )
    expect(w.ran).toEqual(building.map(camel))
    expect(await system()).toMatchObject({
      infra: { state: 'present', taskId: task.task_id },
      clusterUid: 'uid-of-the-cluster',
      controller: 'unreachable',
    })
  })

  it('destroys the kubeconfig and gives the lock back at its end', async () => {
    await open()
    await run()
    expect(w.vault.all()).toEqual([])
    expect(await w.ports.tasks.holder({ name: 'infra', on: clusterId })).toBeNull()
  })

  it('changes nothing when it runs again', async () => {
    const cluster = await open()
    await run()
    const before = cluster.objects()
    const again = await run()
    expect(again.task_status).toBe('completed')
    expect(cluster.objects()).toEqual(before)
    expect(again.task_status_data.steps?.find(({ name }) => name === 'CreateNamespaces')?.detail).toMatch(
      /^unchanged 4/,
    )
  })

  it('waits for what is not ready yet, and says what for', async () => {
    const cluster = await open()
    cluster.stuck.add('cluster-metrics')
    const id = await start()
    while (!w.ran.includes('checkMetricsDatabase')) await w.clock.advance(0)
    await w.clock.advance(10_000)
    const waiting = (await w.task(id)).task_status_data.steps?.at(-1)
    expect(waiting).toMatchObject({ name: 'CheckMetricsDatabase', status: 'running', ended_at: null })
    expect(waiting?.detail).toContain('Deployment metrics/cluster-metrics not yet seen by its controller')
    cluster.stuck.clear()
    expect(await w.finish(id)).toMatchObject({ task_status: 'completed' })
  })

  it.each([
    ['CheckMetricsDatabase', 'cluster-metrics'],
    ['CheckServices', 'west-1-controller'],
  ])('fails at %s when %s never becomes ready, after its time and not later', async (step, workload) => {
    const cluster = await open()
    cluster.stuck.add(workload)
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'infra.not_ready', step } })
    expect(task.task_status_data.error).toContain(workload)
    const took = task.task_update_timestamp - task.task_create_timestamp
    expect(took).toBeGreaterThanOrEqual(300)
    expect(took).toBeLessThan(330)
  })

  it('builds behind the ingress where the cluster says so', async () => {
    const cluster = await open(new LivingCluster(), { useGateway: true })
    const task = await run()
    expect(task.task_status_data.result).toMatchObject({
      config: {
        urlMap: {
          controllerService: 'http://west.example:32000/controller',
          parameterUpdater: 'http://west.example:32000/mgmt',
        },
      },
    })
    const routes = cluster.objects().filter(({ kind }) => kind === 'Mapping')
    expect(routes).toHaveLength(4)
  })

  it.each([
    {
      when: 'a node port is taken',
      code: 'infra.port_conflict',
      put: (cluster: LivingCluster) =>
        void cluster.put({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'theirs', namespace: 'shop' },
          spec: { ports: [{ nodePort: 32301 }] },
        }),
    },
    {
      when: 'the kubeconfig may not do it',
      code: 'kube.forbidden',
      put: (cluster: LivingCluster) => void cluster.refused.add('create namespaces'),
    },
    {
      when: 'Kubernetes is too old',
      code: 'kube.unsupported_version',
      put: (cluster: LivingCluster) => void Object.assign(cluster.serverVersion, { minor: 20 }),
    },
    {
      when: 'a namespace of the same name is being used for something else of Gridgate',
      code: 'kube.conflict',
      put: (cluster: LivingCluster) => {
        cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'metrics' } })
        cluster.put({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'cluster-metrics', namespace: 'metrics', labels: { 'gridgate.io/cluster': 'other-1' } },
        })
      },
    },
  ])('fails with $code when $when, and never changes what is not ours', async ({ code, put }) => {
    const cluster = await open()
    put(cluster)
    const theirs = cluster.objects().slice(1)
    expect(await run()).toMatchObject({ task_status: 'failed', task_status_data: { code } })
    expect(cluster.objects().slice(1, 1 + theirs.length)).toEqual(theirs)
    if (code !== 'kube.conflict') expect(owned(cluster)).toEqual([])
  })

  it('touches nothing on a cluster that is another one than before', async () => {
    await open()
    await run()
    const other = new LivingCluster('uid-of-another')
    await w.close()
    const mixed = { current: new LivingCluster() }
    w = await infraWorld({ open: () => mixed.current })
    await run()
    mixed.current = other
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'cluster.identity_mismatch', step: 'CheckCluster', left_behind: [] },
    })
    expect(owned(other)).toEqual([])
    expect(await system()).toMatchObject({ infra: { state: 'present' }, clusterUid: 'uid-of-the-cluster' })
  })
})

describe('a failure at each state of create-cluster-infra', () => {
  it.each(building)('%s: fails the task, says what is left, and a second run succeeds', async (state) => {
    const cluster = await open()
    failAt(camel(state), new GridError('kube.forbidden', 'writing is not allowed'))
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'kube.forbidden', error: 'writing is not allowed', step: state },
    })
    expect(task.task_status_data.left_behind).toHaveLength(owned(cluster).length)
    expect(w.vault.all()).toEqual([])
    w.beforeStep = () => {}
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect(await system()).toMatchObject({ infra: { state: 'present' } })
  })

  it.each(building)('%s: a passing failure of the platform is tried again', async (state) => {
    await open()
    const passing = Object.assign(new Error('try later'), { name: 'Lambda.ServiceException' })
    failAt(camel(state), passing, 2)
    expect(await run()).toMatchObject({ task_status: 'completed' })
  })

  it.each(building)('%s: an unforeseen failure is told without its text', async (state) => {
    await open()
    failAt(camel(state), Object.assign(new Error('secret text'), { name: 'Sandbox.Strange' }))
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'internal', step: state } })
    expect(JSON.stringify(task)).not.toContain('secret text')
  })
})

describe('a cancellation of create-cluster-infra', () => {
  it.each(building)('before %s: takes everything back', async (state) => {
    const cluster = await open()
    const before = await w.ports.clusters.find(clusterId)
    w.beforeStep = async (name) => {
      if (name === camel(state)) await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    const task = await w.finish(id)
    expect(task.task_status).toBe('cancelled')
    expect(owned(cluster)).toEqual([])
    expect(task.task_status_data.steps?.filter(({ status }) => status === 'running')).toEqual([])
    const now = await w.ports.clusters.find(clusterId)
    expect(now?.system).toMatchObject({ infra: { state: 'absent' }, clusterUid: null, controller: null })
    expect(now?.cluster.config.urlMap ?? {}).toEqual({})
    expect(now?.cluster.nodes).toEqual(before?.cluster.nodes)
    expect(w.vault.all()).toEqual([])
  })

  it('leaves infrastructure standing that stood before the task', async () => {
    const cluster = await open()
    await run()
    const before = owned(cluster)
    w.beforeStep = async (name) => {
      if (name === 'installController') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    const task = await w.finish(id)
    expect(task.task_status).toBe('cancelled')
    expect(owned(cluster)).toEqual(before)
    expect(await system()).toMatchObject({ infra: { state: 'present' } })
  })

  it('that cannot take everything back fails and names what is left', async () => {
    const cluster = await open()
    w.beforeStep = async (name) => {
      if (name === 'installCollector') await cancelTask(w.ports, TaskId.parse(id), caller)
      if (name === 'undoObjects') throw new GridError('kube.forbidden', 'removing is not allowed')
    }
    const id = await start()
    const task = await w.finish(id)
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: {
        code: 'task.cancel_incomplete',
        step: 'UndoObjects',
        error: 'not everything was taken back: removing is not allowed',
      },
    })
    expect(task.task_status_data.left_behind?.length).toBe(owned(cluster).length)
    expect(owned(cluster).length).toBeGreaterThan(0)
    expect(await system()).toMatchObject({ infra: { state: 'failed' } })
  })
})

describe('an execution that dies', () => {
  it.each(['ABORTED', 'TIMED_OUT', 'FAILED'] as const)('%s: its task fails, its kubeconfig goes', async (status) => {
    await open()
    w.beforeStep = (name) => (name === 'installCollector' ? new Promise<never>(() => {}) : undefined)
    const id = await start()
    while (!w.ran.includes('installCollector')) await w.clock.advance(0)
    await closeTask(w.ports, { detail: { name: id, status } })
    expect(await w.task(id)).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: status === 'TIMED_OUT' ? 'task.timed_out' : 'task.lost' },
    })
    expect(w.vault.all()).toEqual([])
    expect(await system()).toMatchObject({ infra: { state: 'failed' } })
  })
})

describe('secrets', () => {
  it('reach no task, state, history or log, whether it goes well or not', async () => {
    await open()
    await run()
    failAt('installController', new GridError('kube.forbidden', 'no'))
    await run()
    expect(await w.everything()).not.toContain('canary')
    expect(await w.everything()).toContain('InstallController')
  })
})
