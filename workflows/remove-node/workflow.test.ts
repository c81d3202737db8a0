import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeId } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import { removeClusterInfra } from '@gridgate/core/infra/remove-cluster-infra'
import { RemovalOptions, removeNode } from '@gridgate/core/node/remove-node'
import { cancelTask } from '@gridgate/core/task/cancel-task'
import { buryTask } from '@gridgate/core/task/close-task'
import { type Task, TaskId } from '@gridgate/core/task/task'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { enrolController, type ScriptedController, scriptedController } from '../../test/scripted-controllers.ts'
import { caller, clusterId, type InfraWorld, infraWorld, kubeconfig } from '../create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../create-cluster-infra/test/living-cluster.ts'

const definition = JSON.parse(readFileSync(join(import.meta.dirname, 'workflow.asl.json'), 'utf8')) as {
  States: Record<string, { Type: string }>
}
const states = Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : []))
const removing = states.slice(0, states.indexOf('CompleteTask') + 1)
const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())
const nodeId = 'n1' as NodeId

let w: InfraWorld
let kube: ScriptedController
const asker = { caller, requestId: 'r1' }

beforeEach(async () => {
  kube = scriptedController()
  w = await infraWorld({ open: () => new LivingCluster(), ports: { controllers: kube } })
  kube.add('n1', { pods: [{ namespace: 'blocks', name: 'model-1' }] })
  await enrolController(w.ports.clusters, clusterId)
})
afterEach(() => w.close())

const start = async (options: object = {}): Promise<string> =>
  (await removeNode(w.ports, { clusterId, nodeId, options: RemovalOptions.parse(options) }, asker)).task_id
const run = async (options: object = {}): Promise<Task> => w.finish(await start(options))
const stored = async () => {
  const found = await w.ports.clusters.find(clusterId)
  return { ids: found?.cluster.nodes.nodeData?.map(({ id }) => id), gpus: found?.cluster.gpus }
}
const stepOf = (task: Task, name: string) => task.task_status_data.steps?.find((step) => step.name === name)
const isFree = async () => [
  await w.ports.tasks.holder({ name: `node#${nodeId}`, on: clusterId }),
  await w.ports.tasks.holder({ name: 'infra', on: clusterId }),
]

describe('remove-node', () => {
  it('drains, removes from Kubernetes, forgets, and says what the machine must run', async () => {
    const task = await run()
    expect(task).toMatchObject({
      task_type: 'node_removal',
      task_status: 'completed',
      task_data: { cluster_id: clusterId, node_id: 'n1' },
      task_status_data: { result: { node_id: 'n1', run_on_machine: { program: 'kubeadm', args: ['reset'] } } },
    })
    expect(kube.nodes.size).toBe(0)
    expect(await stored()).toEqual({ ids: [], gpus: { count: 0, memory: 0 } })
    expect(w.ran).toEqual([
      ...['checkNode', 'cordonNode', 'drainNode', 'drainNode'],
      ...['removeKubernetesNode', 'forgetNode', 'completeTask'],
    ])
    expect(await isFree()).toEqual([null, null])
  })

  it('only forgets a node that Kubernetes does not have, and one of a cluster without a controller', async () => {
    kube.nodes.clear()
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect(w.ran).toEqual(['checkNode', 'forgetNode', 'completeTask'])
    expect((await stored()).ids).toEqual([])
  })

  it('works without a controller', async () => {
    const found = await w.ports.clusters.findOutline(clusterId)
    await w.ports.clusters.writeSystem(clusterId, found?.version ?? 0, { controllerKey: null, urlMap: {} })
    kube.calls.length = 0
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect((await stored()).ids).toEqual([])
    expect(kube.calls).toEqual([])
  })

  it('waits for a budget and says which', async () => {
    const pod = { namespace: 'blocks', name: 'model-1', budget: 'model' }
    const node = kube.nodes.get('n1')
    if (node) node.pods = [pod]
    let passes = 0
    w.beforeStep = async (name) => {
      if (name !== 'drainNode' || ++passes < 3 || !node) return
      expect(stepOf(await w.task(id), 'DrainNode')?.detail).toBe(
        '1 pods left: blocks/model-1 (held by PodDisruptionBudget model)',
      )
      node.pods = []
    }
    const id = await start()
    expect(await w.finish(id)).toMatchObject({ task_status: 'completed' })
    expect(passes).toBeGreaterThanOrEqual(3)
  })

  it('asks every 10 s until 300 s are over, then every 20 s, and goes on at the first look that finds no pod', async () => {
    const node = kube.nodes.get('n1')
    if (node) node.pods = [{ namespace: 'blocks', name: 'model-1', budget: 'model' }]
    const began = w.clock.now()
    const looks: number[] = []
    w.beforeStep = (name) => {
      if (name !== 'drainNode') return
      looks.push((w.clock.now() - began) / 1000)
      if (node && w.clock.now() - began > 305_000) node.pods = []
    }
    expect(await run({ timeout_seconds: 400 })).toMatchObject({ task_status: 'completed' })
    expect(looks.slice(-4)).toEqual([280, 290, 300, 320])
  })

  it('gives up after its time with the budget, and takes its cordon back', async () => {
    const node = kube.nodes.get('n1')
    if (node) node.pods = [{ namespace: 'blocks', name: 'model-1', budget: 'model' }]
    const task = await run({ timeout_seconds: 60 })
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'node.drain_blocked', step: 'DrainNode', left_behind: [] },
    })
    expect(task.task_status_data.error).toContain('PodDisruptionBudget model')
    expect(task.task_update_timestamp - task.task_create_timestamp).toBeGreaterThanOrEqual(60)
    expect(node).toMatchObject({ name: 'n1' })
    expect(node).not.toHaveProperty('cordonedBy')
    expect((await stored()).ids).toEqual(['n1'])
    expect(await isFree()).toEqual([null, null])
  })

  it('leaves the cordon of somebody else', async () => {
    const node = kube.nodes.get('n1')
    if (node) Object.assign(node, { cordonedBy: null, pods: [{ namespace: 'a', name: 'b', budget: 'c' }] })
    expect(await run({ timeout_seconds: 1 })).toMatchObject({ task_status_data: { code: 'node.drain_blocked' } })
    expect(node?.cordonedBy).toBeNull()
  })

  it('leaves alone another node of the same name', async () => {
    w.beforeStep = (name) => {
      if (name === 'removeKubernetesNode') kube.add('n1', { uid: 'another' })
    }
    expect(await run()).toMatchObject({ task_status: 'failed', task_status_data: { code: 'kube.conflict' } })
    expect(kube.nodes.get('n1')?.uid).toBe('another')
    expect((await stored()).ids).toEqual(['n1'])
  })
})

describe('a failure at each state of remove-node', () => {
  it.each(removing)('at %s is told by name, leaves no cordon of ours, and a second run goes through', async (state) => {
    w.beforeStep = (name) => {
      if (name === camel(state)) throw new GridError('kube.forbidden', 'not allowed')
    }
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'kube.forbidden', step: state } })
    expect(kube.nodes.get('n1')?.cordonedBy).toBeUndefined()
    const { ids } = await stored()
    const said = { ForgetNode: 'in Kubernetes no more', CompleteTask: 'removed and forgotten' }[state]
    expect(task.task_status_data.left_behind).toEqual(said === undefined ? [] : [expect.stringContaining(said)])
    w.beforeStep = () => {}
    if (ids?.length === 0) return
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect((await stored()).ids).toEqual([])
  })

  it.each(removing)('at %s after its work was done: the step runs again and the task completes', async (state) => {
    const lost = { thrown: false }
    const call = kube.call
    kube.call = async (...args) => {
      const said = await call(...args)
      if (w.ran.at(-1) !== camel(state) || lost.thrown) return said
      lost.thrown = true
      throw new GridError('controller.unreachable', 'the answer was lost')
    }
    expect(await run()).toMatchObject({ task_status: 'completed' })
    expect((await stored()).ids).toEqual([])
    expect(kube.nodes.size).toBe(0)
  })

  it('whose undo fails too names the cordon that stays', async () => {
    kube.fault = (called) => (/drain|uncordon/.test(called) ? new GridError('kube.forbidden', 'no') : null)
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'kube.forbidden', step: 'DrainNode' },
    })
    expect(task.task_status_data.left_behind).toEqual(['Kubernetes node n1 may still be cordoned by this task'])
  })
})

describe('a cancelled remove-node', () => {
  it.each([
    'cordonNode',
    'drainNode',
    'removeKubernetesNode',
  ])('stops before %s and takes the cordon back', async (step) => {
    w.beforeStep = async (name) => {
      if (name === step) await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    const task = await w.finish(id)
    expect(task.task_status).toBe('cancelled')
    expect(task.task_status_data.left_behind).toEqual([])
    expect(kube.nodes.get('n1')).not.toHaveProperty('cordonedBy')
    expect((await stored()).ids).toEqual(['n1'])
  })

  it('whose undo fails says so', async () => {
    kube.fault = (called) => (called.includes('uncordon') ? new GridError('kube.forbidden', 'no') : null)
    w.beforeStep = async (name) => {
      if (name === 'drainNode') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    expect(await w.finish(id)).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'task.cancel_incomplete', step: 'UndoCordon' },
    })
  })
})

describe('a remove-node whose workflow died', () => {
  it('ends failed, gives its lock back and names the cordon', async () => {
    const id = TaskId.parse(await start())
    w.beforeStep = async (name) => {
      if (name !== 'drainNode') return
      const task = await w.ports.tasks.find(id)
      if (task) await buryTask(w.ports, task, 'aborted')
    }
    expect(await w.finish(id)).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'task.lost', left_behind: ['Kubernetes node n1 may still be cordoned by this task'] },
    })
    expect(await isFree()).toEqual([null, null])
  })
})

describe('what may run at once', () => {
  const order = { body: { cluster_id: clusterId, kube_config_data: kubeconfig }, ...asker }

  it('is one task for a node', async () => {
    const id = await start()
    await expect(start()).rejects.toMatchObject({ code: 'task.running', details: { task_id: id } })
    await w.finish(id)
  })

  it('is no infra removal beside a node task, told at once', async () => {
    const id = await start()
    await expect(removeClusterInfra(w.ports, order)).rejects.toMatchObject({ code: 'task.running' })
    expect(w.vault.all()).toEqual([])
    await w.finish(id)
  })

  it('is no infra removal either whose request was faster than the node task', async () => {
    const dependants = w.ports.clusters.dependants.bind(w.ports.clusters)
    let asked = 0
    w.ports.clusters.dependants = async (id) =>
      ++asked === 1 ? { blockIds: [], vdagControllerIds: [], taskIds: [] } : dependants(id)
    const id = await start()
    const infra = await w.finish((await removeClusterInfra(w.ports, order)).task_id)
    expect(infra).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'task.running', step: 'CheckRemoval' },
    })
    await w.finish(id)
  })

  it('is no node task while an infra task runs', async () => {
    const { task_id } = await createClusterInfra(w.ports, order)
    await expect(start()).rejects.toMatchObject({ code: 'task.running', details: { task_id } })
    await w.finish(task_id)
  })
})
