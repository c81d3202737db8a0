import { GridError } from '@gridgate/core/errors'
import { executorName } from '@gridgate/core/executor/executor'
import { createExecutorInfra, removeExecutorInfra } from '@gridgate/core/executor/start-executor-task'
import { cancelTask } from '@gridgate/core/task/cancel-task'
import { type Task, TaskId } from '@gridgate/core/task/task'
import { isOwned } from '@gridgate/kube/ownership'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  caller,
  executorId,
  type InfraWorld,
  infraWorld,
  kubeconfig,
} from '../create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../create-cluster-infra/test/living-cluster.ts'

const owner = executorName(executorId)
const order = { id: executorId, body: { cluster_config: kubeconfig, max_processes: 2 }, caller }

let w: InfraWorld
let cluster: LivingCluster
beforeEach(async () => {
  cluster = new LivingCluster()
  w = await infraWorld({ open: () => cluster })
})
afterEach(() => w.close())

const create = async (): Promise<Task> => w.finish((await createExecutorInfra(w.ports, order)).task_id)
const remove = async (): Promise<Task> => w.finish((await removeExecutorInfra(w.ports, order)).task_id)
const owned = (): string[] =>
  cluster.objects().flatMap((object) => (isOwned(object, owner) ? [`${object.kind} ${object.metadata.name}`] : []))
const system = async () => (await w.ports.executors.find(executorId))?.system

describe('create-executor-infra', () => {
  it('builds the documented objects, and records the cluster that they are on', async () => {
    const task = await create()
    expect(task).toMatchObject({
      task_type: 'executor_infra_creation',
      task_status: 'completed',
      task_data: { executor_id: executorId },
      task_status_data: { result: { executor_id: executorId } },
    })
    expect(owned().sort()).toEqual([
      'ConfigMap executor-executor-001-gateway-keys',
      'Deployment executor-executor-001',
      'Mapping executor-mapping-executor-001',
      'Namespace policies-system',
      'NetworkPolicy executor-executor-001',
      'Service executor-svc-executor-001',
      'ServiceAccount executor-executor-001',
    ])
    expect(await system()).toEqual({ infra: 'present', clusterUid: 'uid-of-the-cluster' })
    expect(w.vault.all()).toEqual([])
    expect(await w.everything()).not.toContain('canary')
    expect(await w.ports.tasks.holder({ name: 'infra', on: owner })).toBeNull()
  })

  it('changes nothing the second time, and a removal leaves nothing', async () => {
    await create()
    const before = cluster.objects()
    expect(await create()).toMatchObject({ task_status: 'completed' })
    expect(cluster.objects()).toEqual(before)
    expect(await remove()).toMatchObject({ task_type: 'executor_infra_remove', task_status: 'completed' })
    expect(owned()).toEqual([])
    expect(await system()).toEqual({ infra: 'absent', clusterUid: null })
    expect(await remove()).toMatchObject({ task_status: 'completed' })
  })

  it('is done by one task at a time', async () => {
    const first = await createExecutorInfra(w.ports, order)
    await expect(createExecutorInfra(w.ports, order)).rejects.toMatchObject({
      code: 'task.running',
      details: { task_id: first.task_id },
    })
    await expect(removeExecutorInfra(w.ports, order)).rejects.toMatchObject({ code: 'task.running' })
    await w.finish(first.task_id)
    expect(w.vault.all()).toEqual([])
  })

  it.each([
    [
      'the node port is held by another service',
      () =>
        cluster.put({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'theirs', namespace: 'default' },
          spec: { ports: [{ port: 1, nodePort: 30_900 }] },
        }),
      'infra.port_conflict',
    ],
    [
      'the kubeconfig leads to another cluster than before',
      async () => {
        const stored = await w.ports.executors.find(executorId)
        if (stored) await w.ports.executors.replace({ ...stored, system: { infra: 'failed', clusterUid: 'other' } })
      },
      'cluster.identity_mismatch',
    ],
  ])('changes nothing when %s', async (_, prepare, code) => {
    await prepare()
    const before = { objects: cluster.objects(), system: await system() }
    expect(await create()).toMatchObject({
      task_status: 'failed',
      task_status_data: { code, step: 'CheckExecutorSite', left_behind: [] },
    })
    expect({ objects: cluster.objects(), system: await system() }).toEqual(before)
  })

  it('is refused for an executor without an address, whom nobody could call', async () => {
    const stored = await w.ports.executors.find(executorId)
    if (stored) await w.ports.executors.replace({ ...stored, executor: { ...stored.executor, executor_host_uri: '' } })
    await expect(createExecutorInfra(w.ports, order)).rejects.toMatchObject({ code: 'request.invalid' })
    expect(w.vault.all()).toEqual([])
  })

  it('fails when the executor never becomes ready, with what is left; a second run goes on', async () => {
    cluster.stuck.add('executor-executor-001')
    const task = await create()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'infra.not_ready', step: 'CheckExecutor' },
    })
    expect(task.task_status_data.left_behind).toHaveLength(owned().length)
    expect((await system())?.infra).toBe('failed')
    cluster.stuck.clear()
    expect(await create()).toMatchObject({ task_status: 'completed' })
  })

  it('takes everything back when it is cancelled', async () => {
    w.beforeStep = async (name) => {
      if (name === 'checkExecutor') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const { task_id: id } = await createExecutorInfra(w.ports, order)
    expect(await w.finish(id)).toMatchObject({ task_status: 'cancelled' })
    expect(owned()).toEqual([])
    expect(await system()).toEqual({ infra: 'absent', clusterUid: null })
  })

  it('leaves what stood before when a second creation is cancelled', async () => {
    await create()
    w.beforeStep = async (name) => {
      if (name === 'checkExecutor') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const { task_id: id } = await createExecutorInfra(w.ports, order)
    expect(await w.finish(id)).toMatchObject({ task_status: 'cancelled' })
    expect(owned()).toHaveLength(7)
    expect((await system())?.infra).toBe('present')
  })
})

describe('remove-executor-infra', () => {
  it('is refused while policies are run there', async () => {
    await create()
    await w.ports.policyExecution.replace({ mode: 'remote', executor_id: executorId }, 0)
    const before = cluster.objects()
    await expect(removeExecutorInfra(w.ports, order)).rejects.toMatchObject({ code: 'executor.in_use' })
    expect(cluster.objects()).toEqual(before)
  })

  it('stops when it is cancelled, and says what it leaves behind', async () => {
    await create()
    w.beforeStep = async (name) => {
      if (name === 'removeObjects') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const { task_id: id } = await removeExecutorInfra(w.ports, order)
    const { task_status: status, task_status_data: data } = await w.finish(id)
    expect([status, data.left_behind?.length, owned().length]).toEqual(['cancelled', 7, 7])
    expect((await system())?.infra).toBe('failed')
  })

  it("removes nothing while somebody's pod is in its namespace", async () => {
    await create()
    cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'theirs', namespace: 'policies-system' } })
    const before = cluster.objects()
    expect(await remove()).toMatchObject({ task_status: 'failed', task_status_data: { code: 'infra.not_empty' } })
    expect(cluster.objects()).toEqual(before)
    expect((await system())?.infra).toBe('present')
  })

  it.each([
    'CheckExecutorRemoval',
    'RemoveObjects',
    'VerifyRemoval',
    'ClearExecutor',
    'CompleteTask',
  ])('fails at %s by name, and a second run goes on to the end', async (state) => {
    await create()
    w.beforeStep = (name) => {
      if (name === state.replace(/^./, (letter) => letter.toLowerCase()))
        throw new GridError('kube.forbidden', 'not allowed')
    }
    expect(await remove()).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'kube.forbidden', step: state },
    })
    w.beforeStep = () => {}
    expect(await remove()).toMatchObject({ task_status: 'completed' })
    expect(owned()).toEqual([])
  })
})
