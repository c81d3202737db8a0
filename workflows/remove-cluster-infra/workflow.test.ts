import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import { removeClusterInfra } from '@gridgate/core/infra/remove-cluster-infra'
import { cancelTask } from '@gridgate/core/task/cancel-task'
import { type Task, TaskId } from '@gridgate/core/task/task'
import { isOwned } from '@gridgate/kube/ownership'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { caller, clusterId, type InfraWorld, infraWorld, kubeconfig } from '../create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../create-cluster-infra/test/living-cluster.ts'

const definition = JSON.parse(readFileSync(join(import.meta.dirname, 'workflow.asl.json'), 'utf8')) as {
  States: Record<string, { Type: string }>
}
const states = Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : []))
const removing = states.slice(0, states.indexOf('CompleteTask') + 1)
const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())

let w: InfraWorld
let cluster: LivingCluster
const body = { cluster_id: clusterId, kube_config_data: kubeconfig }
const order = { body, caller, requestId: 'r1' }

beforeEach(async () => {
  cluster = new LivingCluster()
  w = await infraWorld({ open: () => cluster })
  await w.finish((await createClusterInfra(w.ports, order)).task_id)
  w.ran.length = 0
})
afterEach(() => w.close())

const start = async (): Promise<string> => (await removeClusterInfra(w.ports, order)).task_id
const run = async (): Promise<Task> => w.finish(await start())
const owned = (): string[] =>
  cluster.objects().flatMap((object) => (isOwned(object, clusterId) ? [object.metadata.name] : []))
const stored = async () => w.ports.clusters.find(clusterId)
const pod = (namespace: string, name: string) =>
  cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } })

describe('remove-cluster-infra', () => {
  it('leaves nothing that carries our label, and no address', async () => {
    expect(owned().length).toBeGreaterThan(30)
    const task = await run()
    expect(task).toMatchObject({ task_type: 'cluster_infra_remove', task_status: 'completed' })
    expect(task.task_status_data.result).toMatchObject({ id: 'west-1', config: { urlMap: {} } })
    expect(owned()).toEqual([])
    const after = await stored()
    expect(after?.system).toMatchObject({ infra: { state: 'absent' }, controller: null })
    expect(after?.cluster.config.urlMap).toEqual({})
    expect(w.vault.all()).toEqual([])
    expect(await w.ports.tasks.holder({ name: 'infra', on: clusterId })).toBeNull()
  })

  it('works again where nothing is left, and a creation after it does too', async () => {
    await run()
    expect(await run()).toMatchObject({ task_status: 'completed' })
    const created = await w.finish((await createClusterInfra(w.ports, order)).task_id)
    expect(created.task_status).toBe('completed')
  })

  it.each([
    ['a block', () => pod('blocks', 'model-1'), 'Pod blocks/model-1'],
    ['a vdag controller', () => pod('vdags', 'vdag-1'), 'Pod vdags/vdag-1'],
    ["somebody's pod in our namespace", () => pod('metrics', 'theirs'), 'Pod metrics/theirs'],
  ])('removes nothing while %s is there', async (_, put, named) => {
    put()
    const before = cluster.objects()
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'infra.not_empty', step: 'CheckRemoval' },
    })
    expect(task.task_status_data.error).toContain(named)
    expect(task.task_status_data.left_behind).toHaveLength(owned().length)
    expect(cluster.objects()).toEqual(before)
    expect((await stored())?.system.infra.state).toBe('present')
  })

  it('leaves what is not ours, with its labels or without', async () => {
    pod('default', 'theirs')
    cluster.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'gridgate.io/cluster': 'east-1' } },
    })
    await run()
    expect(
      cluster
        .objects()
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['kube-system', 'shop', 'theirs'])
  })

  it.each(removing)('fails at %s by name, and a second run goes on to the end', async (state) => {
    w.beforeStep = (name) => {
      if (name === camel(state)) throw new GridError('kube.forbidden', 'not allowed')
    }
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'kube.forbidden', step: state } })
    expect(task.task_status_data.left_behind).toHaveLength(owned().length)
    w.beforeStep = () => {}
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect(owned()).toEqual([])
  })

  it('stops where it is when it is cancelled, and says what is left', async () => {
    let passes = 0
    w.beforeStep = async (name) => {
      if (name === 'removeObjects' && ++passes === 2) await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    const task = await w.finish(id)
    expect(task.task_status).toBe('cancelled')
    expect(task.task_status_data.left_behind?.length).toBe(owned().length)
    expect(owned().length).toBeGreaterThan(0)
    expect((await stored())?.system.infra.state).toBe('failed')
    w.beforeStep = () => {}
    expect(await run()).toMatchObject({ task_status: 'completed' })
  })

  it('gives up on what does not go, after its time', async () => {
    cluster.settle = () => {}
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'infra.not_ready', step: 'RemoveObjects' },
    })
    expect(task.task_update_timestamp - task.task_create_timestamp).toBeGreaterThanOrEqual(900)
    expect((await stored())?.system.infra.state).toBe('failed')
  })
})
