import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import type { JsonObject } from '@gridgate/core/json'
import { JoinRequest, joinNode } from '@gridgate/core/node/join-node'
import { cancelTask } from '@gridgate/core/task/cancel-task'
import { type Task, TaskId } from '@gridgate/core/task/task'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  canaryToken,
  enrolController,
  type ScriptedController,
  scriptedController,
} from '../../test/scripted-controllers.ts'
import { caller, clusterId, type InfraWorld, infraWorld, kubeconfig } from '../create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../create-cluster-infra/test/living-cluster.ts'

const definition = JSON.parse(readFileSync(join(import.meta.dirname, 'workflow.asl.json'), 'utf8')) as {
  States: Record<string, { Type: string }>
}
const states = Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : []))
const joining = states.slice(0, states.indexOf('CompleteTask') + 1)
const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())
const node = { id: 'n2', gpus: { count: 2, memory: 10 }, nodeMetadata: { rack: '7' } }

let w: InfraWorld
let kube: ScriptedController
const asker = { caller, requestId: 'r1' }

beforeEach(async () => {
  kube = scriptedController()
  w = await infraWorld({ open: () => new LivingCluster(), ports: { controllers: kube } })
  await enrolController(w.ports.clusters, clusterId)
})
afterEach(() => w.close())

const start = async (node_data: JsonObject = node, timeout_seconds = 60): Promise<string> =>
  (await joinNode(w.ports, clusterId, JoinRequest.parse({ node_data, timeout_seconds }), asker)).taskId
const run = async (): Promise<Task> => w.finish(await start())
const stored = async () => (await w.ports.clusters.find(clusterId))?.cluster
const ids = async () => (await stored())?.nodes.nodeData?.map(({ id }) => id)

describe('join-node', () => {
  it('waits for the machine, labels and records its node, and drops the token', async () => {
    let looks = 0
    w.beforeStep = (name) => {
      if (name !== 'awaitNode') return
      looks++
      if (looks === 3) kube.add('n2', { ready: false })
      if (looks === 5) kube.add('n2')
    }
    const task = await run()
    expect(task).toMatchObject({
      task_type: 'node_addition',
      task_status: 'completed',
      task_data: { cluster_id: clusterId, node_id: 'n2' },
      task_status_data: { result: { cluster_id: clusterId, node_id: 'n2' } },
    })
    expect(looks).toBe(5)
    expect(kube.nodes.get('n2')?.label).toBe('n2')
    expect(kube.tokens.size).toBe(0)
    expect(await stored()).toMatchObject({
      nodes: { count: 2, nodeData: [{ id: 'n1' }, node] },
      gpus: { count: 3, memory: 11 },
    })
    expect(await w.ports.tasks.holder({ name: 'node#n2', on: clusterId })).toBeNull()
  })

  it('gives up on a machine that does not come, and records nothing', async () => {
    const before = await stored()
    const task = await run()
    expect(task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'node.not_ready', step: 'AwaitNode', left_behind: [] },
    })
    expect(task.task_update_timestamp - task.task_create_timestamp).toBeGreaterThanOrEqual(60)
    expect(kube.tokens.size).toBe(0)
    expect(await stored()).toEqual(before)
  })

  it('looks every 10 s until 300 s are over, then every 20 s, and a last time when its time is over', async () => {
    const began = w.clock.now()
    const looks: number[] = []
    w.beforeStep = (name) => void (name === 'awaitNode' && looks.push((w.clock.now() - began) / 1000))
    const task = await w.finish(await start(node, 345))
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'node.not_ready' } })
    expect(looks.slice(0, 3)).toEqual([0, 2, 4])
    expect(looks.slice(-6)).toEqual([280, 290, 300, 320, 340, 345])
  })

  it('names the node that joined and never became ready', async () => {
    kube.add('n2', { ready: false })
    const task = await run()
    expect(task.task_status_data.error).toContain('not ready yet')
    expect(task.task_status_data.left_behind).toEqual([expect.stringContaining('Kubernetes node n2 has joined')])
  })

  it('leaves what somebody recorded of the node meanwhile, and adds what is missing', async () => {
    w.beforeStep = async (name) => {
      const found = await w.ports.clusters.find(clusterId)
      if (name !== 'awaitNode' || !found) return
      kube.add('n2')
      const nodeData = [...(found.cluster.nodes.nodeData ?? []), { id: 'n2', memory: 1 } as never]
      await w.ports.clusters.replace({ ...found.cluster, nodes: { nodeData } }, found.version)
    }
    expect((await run()).task_status).toBe('completed')
    expect((await stored())?.nodes.nodeData?.[1]).toEqual({ ...node, memory: 1 })
  })

  it('never lets the token into a row, a state, a history or a log', async () => {
    kube.fault = (called) => (called.includes('add-node') ? new GridError('kube.forbidden', 'no') : null)
    let tokens = 0
    w.beforeStep = () => {
      kube.nodes.has('n2') || kube.add('n2', { node: { id: 'n2' } as never })
      tokens = Math.max(tokens, kube.tokens.size)
    }
    const tasks = [await run()]
    kube.fault = () => null
    kube.nodes.clear()
    tasks.push(await run())
    expect(tasks.map(({ task_status }) => task_status)).toEqual(['failed', 'completed'])
    expect(tokens).toBe(1)
    expect((await w.everything()) + JSON.stringify(tasks)).not.toContain(canaryToken)
  })

  it('runs 50 at once and loses none', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `m-${index}`)
    w.beforeStep = (name) => {
      if (name === 'awaitNode') for (const each of names) kube.nodes.has(each) || kube.add(each)
    }
    const started = await Promise.all(names.map((id) => start({ id, memory: 2 })))
    const tasks: Task[] = []
    for (const id of started) tasks.push(await w.finish(id))
    expect(new Set(tasks.map(({ task_status }) => task_status))).toEqual(new Set(['completed']))
    expect((await ids())?.toSorted()).toEqual(['n1', ...names].toSorted())
    expect((await stored())?.memory).toBe(100)
    expect(kube.tokens.size).toBe(0)
  })
})

describe('a failure at each state of join-node', () => {
  it.each(joining)('at %s is told by name, records nothing and drops the token', async (state) => {
    const before = await ids()
    w.beforeStep = (name) => {
      kube.nodes.has('n2') || kube.add('n2')
      if (name === camel(state)) throw new GridError('kube.forbidden', 'not allowed')
    }
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'kube.forbidden', step: state } })
    expect(await ids()).toEqual(before)
    const after = await stored()
    expect(after?.nodes.count).toBe(1)
    expect(after?.gpus?.count ?? 1).toBe(1)
    expect(kube.tokens.size).toBe(0)
    const joined = state === 'AwaitNode' ? [] : [expect.stringContaining('n2 has joined and is not recorded')]
    expect(task.task_status_data.left_behind).toEqual(joined)
  })

  it.each(joining)('at %s after its work was done: the step runs again and the task completes', async (state) => {
    let isLost = false
    const call = kube.call
    w.beforeStep = () => void (kube.nodes.has('n2') || kube.add('n2'))
    kube.call = async (...args) => {
      const said = await call(...args)
      if (w.ran.at(-1) !== camel(state) || isLost) return said
      isLost = true
      throw new GridError('controller.unreachable', 'the answer was lost')
    }
    expect((await run()).task_status).toBe('completed')
    expect(await ids()).toEqual(['n1', 'n2'])
  })

  it('whose undo fails too says until when the token lives', async () => {
    kube.fault = (called) => (called.startsWith('DELETE') ? new GridError('kube.forbidden', 'no') : null)
    const task = await run()
    expect(task).toMatchObject({ task_status: 'failed', task_status_data: { code: 'node.not_ready' } })
    expect(task.task_status_data.left_behind).toEqual([expect.stringMatching(/join token, until it expires at 2030/)])
  })
})

describe('a cancelled join-node', () => {
  it.each(joining.map(camel))('stops before %s, records nothing and drops the token', async (step) => {
    w.beforeStep = async (name) => {
      kube.nodes.has('n2') || kube.add('n2')
      if (name === step) await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    expect((await w.finish(id)).task_status).toBe('cancelled')
    expect(await ids()).toEqual(['n1'])
    expect(kube.tokens.size).toBe(0)
  })

  it('whose undo fails says so', async () => {
    kube.fault = (called) => (called.startsWith('DELETE') ? new GridError('kube.forbidden', 'no') : null)
    w.beforeStep = async (name) => {
      if (name === 'awaitNode') await cancelTask(w.ports, TaskId.parse(id), caller)
    }
    const id = await start()
    expect(await w.finish(id)).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'task.cancel_incomplete', step: 'UndoJoin' },
    })
  })
})

describe('while an infra task runs', () => {
  it('no join starts, and its token is dropped', async () => {
    const body = { cluster_id: clusterId, kube_config_data: kubeconfig }
    const { task_id } = await createClusterInfra(w.ports, { body, ...asker })
    const holder = w.ports.tasks.holder.bind(w.ports.tasks)
    w.ports.tasks.holder = async () => null // the request that looked just before
    await expect(start()).rejects.toMatchObject({ code: 'task.running', details: { task_id } })
    w.ports.tasks.holder = holder
    expect(kube.calls.filter((called) => called.includes('join-tokens'))).toHaveLength(2)
    expect(kube.tokens.size).toBe(0)
    await w.finish(task_id)
  })
})
