import type { ClusterId } from '@gridgate/core/cluster/cluster'
import type { Ports } from '@gridgate/core/ports'
import type { Key } from '@gridgate/storage/store'
import { keys } from '@gridgate/storage/table'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { type World, world } from '../../test/world.ts'
import { addCluster } from './create.ts'
import { deleteCluster } from './delete.ts'

const id = 'west-1' as ClusterId
const small = { id, regionId: 'us-west-1', nodes: { nodeData: [{ id: 'n1' }] } }

type Opened = World & { asked: { action: string; input: object }[] }

async function opened(scripts: Record<string, Script> = {}): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const w = world(policies.ports)
  await appOf(addCluster, w.ports).request('/clusters/create', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(small),
  })
  return { ...w, asked: policies.asked }
}

const send = async (w: World, headers: Record<string, string> = {}): Promise<Response> =>
  appOf(deleteCluster, w.ports).request(`/clusters/delete/${id}`, { method: 'DELETE', headers })

const infra = (state: 'creating' | 'present' | 'removing' | 'failed') => (w: World) =>
  w.ports.clusters.writeSystem(id, 1, { infra: { state, taskId: 't', changedAt: null } })
const row = (key: Key) => (w: World) => w.store.write({ put: { ...key, task_id: 't-1' } })
const cluster = { pk: keys.cluster(id).pk }

describe('DELETE /clusters/delete/{cluster_id}', () => {
  it('removes an empty cluster, nodes included, with the documented answer', async () => {
    const w = await opened()
    const reply = await send(w)
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({ success: true, data: { message: 'Cluster deleted', cluster_id: id } })
    expect(await w.ports.clusters.find(id)).toBeNull()
    expect((await send(w)).status).toBe(404)
  })

  it('asks the policy with the documented input', async () => {
    const w = await opened({ remove_cluster: (input) => ({ input }) })
    const cluster = (await w.ports.clusters.find(id))?.cluster
    await send(w)
    expect(w.asked).toEqual([
      { action: 'remove_cluster', input: { cluster_data: cluster, cluster_metrics: null, cluster_blocks: [] } },
    ])
  })

  it('gives the policy the latest metrics, too', async () => {
    const w = await opened({ remove_cluster: (input) => ({ input }) })
    await w.ports.summaries.put(id, { cluster: { vcpu: { load15m: 3 } } }, w.ports.clock.now())
    await send(w)
    expect(w.asked).toMatchObject([
      { input: { cluster_metrics: { clusterId: id, cluster: { vcpu: { load15m: 3 } } } } },
    ])
  })

  it.each([
    ['its infrastructure is being created', infra('creating'), 'infra', 'creating'],
    ['its infrastructure is there', infra('present'), 'infra', 'present'],
    ['its infrastructure is being removed', infra('removing'), 'infra', 'removing'],
    ['its infrastructure failed halfway', infra('failed'), 'infra', 'failed'],
    [
      'it has an address map',
      (w: World) => w.ports.clusters.writeSystem(id, 1, { urlMap: { a: 'http://a' } }),
      'infra',
      'absent',
    ],
    ['a block runs on it', row({ ...cluster, sk: 'BLOCK#b-1' }), 'block_ids', ['b-1']],
    ['a task is at work on it', row(keys.lock('infra', id)), 'task_ids', ['t-1']],
    ['a vDAG controller runs on it', row({ ...cluster, sk: 'VDAG#v-1' }), 'vdag_controller_ids', ['v-1']],
  ])('defect 34: refuses while %s, names it, asks no policy and changes nothing', async (_, make, name, value) => {
    const w = await opened({ remove_cluster: (input) => ({ input }) })
    await make(w)
    const before = w.snapshot()
    const reply = await send(w)
    expect(reply.status).toBe(409)
    expect(await reply.json()).toMatchObject({ code: 'cluster.in_use', details: { [name]: value } })
    expect(w.snapshot()).toEqual(before)
    expect(w.asked).toEqual([])
  })

  it('defect 34: refuses a block that came while the policy was asked', async () => {
    const w = await opened()
    const clusters = w.ports.clusters
    const remove: typeof clusters.remove = async (...given) => {
      await row({ ...cluster, sk: 'BLOCK#late' })(w)
      return clusters.remove(...given)
    }
    const ports = Object.create(w.ports, { clusters: { value: { ...clusters, remove } } }) as Ports
    const reply = await send({ ...w, ports })
    expect(reply.status).toBe(409)
    expect(await reply.json()).toMatchObject({ code: 'cluster.in_use', details: { block_ids: ['late'] } })
    expect((await clusters.find(id))?.cluster.id).toBe(id)
  })

  it.each([
    ['a denial', { remove_cluster: () => ({ denied: 'no' }) }, {}, 403, 'pre_check.denied'],
    ['a crash', { remove_cluster: () => ({ failed: 'policy.crashed' }) }, {}, 503, 'policy.crashed'],
    ['another version than decided on', {}, { 'if-match': '"7"' }, 412, 'precondition.failed'],
  ] as [
    string,
    Record<string, Script>,
    Record<string, string>,
    number,
    string,
  ][])('refuses on %s, and changes nothing', async (_, scripts, headers, status, code) => {
    const w = await opened(scripts)
    const before = w.snapshot()
    const reply = await send(w, headers)
    expect(reply.status).toBe(status)
    expect(await reply.json()).toMatchObject({ code })
    expect(w.snapshot()).toEqual(before)
  })
})
