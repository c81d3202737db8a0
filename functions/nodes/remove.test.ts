import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import { TaskId } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { enrolController, type ScriptedController, scriptedController } from '../../test/scripted-controllers.ts'
import { type World, world } from '../../test/world.ts'
import { removeNodeFromCluster } from './remove.ts'
import { removeNamedNode } from './remove-by-body.ts'

const id = 'west-1' as ClusterId

interface Opened extends World {
  asked: { action: string; input: JsonObject }[]
  kube: ScriptedController
  started: { workflow: string; input: JsonObject }[]
}

async function opened(scripts: Record<string, Script> = {}): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const kube = scriptedController()
  const started: Opened['started'] = []
  const workflows = {
    start: async (workflow: string, _: unknown, input: JsonObject) => void started.push({ workflow, input }),
    status: async () => null,
  }
  const w = world({ ...policies.ports, controllers: kube, workflows })
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { nodeData: [{ id: 'n1', memory: 5 }] } }))
  return { ...w, asked: policies.asked, kube, started }
}

type Way = (w: Opened, nodeId: string, options?: Record<string, unknown>) => Promise<Response>
const byPath =
  (method: string): Way =>
  async (w, nodeId, options = {}) => {
    const query = new URLSearchParams(
      Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]),
    )
    const path = `/nodes/remove-node-from-cluster/${id}/${nodeId}?${query}`
    return appOf(removeNodeFromCluster, w.ports).request(path, { method })
  }
const byBody: Way = async (w, node_id, options = {}) =>
  appOf(removeNamedNode, w.ports).request(`/remove-node/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ node_id, ...options }),
  })

const ways: [string, Way][] = [
  ['DELETE /nodes/remove-node-from-cluster/{cluster_id}/{node_id}', byPath('DELETE')],
  ['GET /nodes/remove-node-from-cluster/{cluster_id}/{node_id}', byPath('GET')],
  ['POST /remove-node/{cluster_id}', byBody],
]

async function refuses(w: Opened, reply: Promise<Response>, status: number, code: string): Promise<void> {
  const before = w.snapshot()
  const said = await reply
  expect([said.status, ((await said.json()) as { code: string }).code]).toEqual([status, code])
  expect(w.snapshot()).toEqual(before)
  expect(w.started).toEqual([])
}

describe.each(ways)('%s', (_name, remove) => {
  it('starts the task and says where to look', async () => {
    const w = await opened()
    const reply = await remove(w, 'n1', { timeout_seconds: 60, include_unmanaged: true })
    const { data } = (await reply.json()) as { data: { message: string; task_id: string } }
    expect(reply.status).toBe(200)
    expect(data.message).toBe('scheduled in background')
    expect(reply.headers.get('location')).toBe(`/tasks/${data.task_id}`)
    expect(w.started).toMatchObject([
      { workflow: 'remove-node', input: { taskId: data.task_id, clusterId: id, nodeId: 'n1' } },
    ])
    const task = await w.ports.tasks.find(TaskId.parse(data.task_id))
    expect(task).toMatchObject({
      task: { task_type: 'node_removal', task_status: 'pending', task_data: { cluster_id: id, node_id: 'n1' } },
      memo: { timeoutSeconds: 60, includeUnmanaged: true },
    })
    expect((await w.ports.clusters.find(id))?.cluster.nodes.count).toBe(1)
  })

  it('asks the policies the documented input', async () => {
    const w = await opened({ remove_node: (input) => ({ input }) })
    const cluster_data = (await w.ports.clusters.find(id))?.cluster
    await remove(w, 'n1')
    const input = { node_id: 'n1', cluster_data, cluster_metrics: null, block_instances: [], node_instances: [] }
    expect(w.asked).toEqual([{ action: 'remove_node', input }])
  })

  it('refuses what it cannot or may not do, and starts nothing', async () => {
    const unknown = await opened({ remove_node: (input) => ({ input }) })
    await refuses(unknown, remove(unknown, 'n9'), 404, 'node.not_found')
    expect(unknown.asked).toEqual([])
    await refuses(unknown, remove(unknown, 'n1', { timeout_seconds: 0 }), 400, 'request.invalid')
    const denied = await opened({ remove_node: () => ({ denied: 'busy' }) })
    await refuses(denied, remove(denied, 'n1'), 403, 'pre_check.denied')
    const other = await opened({ remove_node: (input) => ({ input: { ...input, node_id: 'n2' } }) })
    await refuses(other, remove(other, 'n1'), 502, 'policy.bad_verdict')
  })

  it('refuses a second task for the node', async () => {
    const w = await opened()
    await remove(w, 'n1')
    w.started.length = 0
    await refuses(w, remove(w, 'n1'), 409, 'task.running')
  })

  it('waits for whoever has nodes of its pool out of service, and holds the pool itself', async () => {
    const w = await opened()
    await enrolController(w.ports.clusters, id)
    for (const name of ['n1', 'n2']) w.kube.add(name, { labels: { 'cloud.google.com/gke-nodepool': 'pool-a' } })
    expect((await remove(w, 'n1')).status).toBe(200)
    expect(await w.ports.tasks.holder({ name: 'pool#pool-a', on: id })).not.toBeNull()
    w.started.length = 0
    await refuses(w, remove(w, 'n2'), 409, 'task.running')
  })

  it('takes a node that only Kubernetes has', async () => {
    const w = await opened()
    await enrolController(w.ports.clusters, id)
    await refuses(w, remove(w, 'n2'), 404, 'node.not_found')
    w.kube.add('n2')
    expect((await remove(w, 'n2')).status).toBe(200)
  })
})

describe('the documented GET', () => {
  it('is never cached', async () => {
    const w = await opened()
    expect((await byPath('GET')(w, 'n1')).headers.get('cache-control')).toBe('no-store')
  })
})

describe('a HEAD of the documented GET', () => {
  it('removes nothing', async () => {
    const w = await opened()
    const before = w.snapshot()
    const refused = await byPath('HEAD')(w, 'n1')
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'DELETE, GET'])
    expect(w.snapshot()).toEqual(before)
  })
})

describe('POST /remove-node/{cluster_id}', () => {
  it('wants a node_id', async () => {
    const w = await opened()
    const reply = appOf(removeNamedNode, w.ports).request(`/remove-node/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    await refuses(w, Promise.resolve(reply), 400, 'request.invalid')
  })
})
