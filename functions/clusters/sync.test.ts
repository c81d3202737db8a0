import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import type { ClusterNode } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import type { SyncReport } from '@gridgate/core/node/sync-nodes'
import type { Warning } from '@gridgate/core/warning'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { describeOnEveryStore } from '@gridgate/storage/contract'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { enrolController, type ScriptedController, scriptedController } from '../../test/scripted-controllers.ts'
import { admin, type World, world } from '../../test/world.ts'
import { syncCluster } from './sync.ts'

const id = 'west-1' as ClusterId
const own = { id: 'n1', memory: 1, tags: ['mine'], nodeMetadata: { rack: 7 }, shelf: 3 }
const hand = { id: 'by-hand', memory: 4 }

interface Opened extends World {
  kube: ScriptedController
  asked: { action: string; input: Record<string, unknown> }[]
  sync(query?: string, alias?: boolean): Promise<{ reply: Response; body: Answer }>
  cluster(): Promise<Cluster>
}
interface Answer {
  code?: string
  data: SyncReport
  warnings?: Warning[]
}

async function opened(scripts: Record<string, Script> = {}, enrolled = true): Promise<Opened> {
  const kube = scriptedController()
  const policies = scriptedPolicies(scripts)
  const w = world({ ...policies.ports, controllers: kube })
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { nodeData: [own, hand] }, memory: 5 }))
  if (enrolled) await enrolController(w.ports.clusters, id)
  kube.add('n1', { node: { id: 'n1', memory: 2, vcpus: { count: 8 } } as ClusterNode })
  kube.add('n2', { node: { id: 'n2', memory: 16 } as ClusterNode })
  return {
    ...w,
    kube,
    asked: policies.asked,
    async sync(query = '', alias = false) {
      const path = alias ? `/sync-cluster/${id}` : `/clusters/${id}/sync`
      const reply = await appOf(syncCluster, w.ports).request(path + query, { method: alias ? 'GET' : 'POST' })
      return { reply, body: (await reply.json()) as Answer }
    },
    async cluster() {
      const found = await w.ports.clusters.find(id)
      if (!found) throw new Error('no cluster')
      return found.cluster
    },
  }
}

const report = {
  cluster_id: id,
  added: ['n2'],
  changed: [{ id: 'n1', fields: ['vcpus.count', 'memory'] }],
  missing: ['by-hand'],
  pruned: [],
  unchanged: 0,
  dry_run: false,
}

describe.each([
  ['POST /clusters/{cluster_id}/sync', false],
  ['GET /sync-cluster/{cluster_id}', true],
])('%s', (_name, alias) => {
  it('adopts what Kubernetes knows, keeps what was written by hand, and says what differed', async () => {
    const w = await opened()
    const { reply, body } = await w.sync('', alias)
    expect(reply.status).toBe(200)
    expect(body.data).toEqual(report)
    expect(reply.headers.get('etag')).toBe('"3"')
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(await w.cluster()).toMatchObject({
      nodes: { count: 3, nodeData: [{ ...own, memory: 2, vcpus: { count: 8 } }, hand, { id: 'n2', memory: 16 }] },
      memory: 22,
      vcpus: { count: 8 },
    })
  })
})

describe('a sync', () => {
  it('again writes nothing', async () => {
    const w = await opened()
    await w.sync()
    const before = w.snapshot()
    expect((await w.sync()).body.data).toEqual({ ...report, added: [], changed: [], unchanged: 2 })
    expect(w.snapshot()).toEqual(before)
  })

  it('only says what differs when dry, and asks no policy', async () => {
    const w = await opened({ update_cluster: () => ({ denied: 'no' }) })
    const before = w.snapshot()
    const { body } = await w.sync('?dry_run=true&prune=true')
    expect(body.data).toEqual({ ...report, pruned: ['by-hand'], dry_run: true })
    expect(w.snapshot()).toEqual(before)
    expect(w.asked).toEqual([])
  })

  it('takes out what Kubernetes does not have only when asked', async () => {
    const w = await opened()
    expect((await w.sync('?prune=true')).body.data).toEqual({ ...report, pruned: ['by-hand'] })
    expect(await w.cluster()).toMatchObject({ nodes: { count: 2 }, memory: 18 })
  })

  it('never prunes on an empty answer', async () => {
    const w = await opened()
    w.kube.nodes.clear()
    const before = w.snapshot()
    expect((await w.sync('?prune=true')).body.code).toBe('controller.failed')
    expect((await w.sync()).body.data).toMatchObject({ missing: ['n1', 'by-hand'], unchanged: 0 })
    expect(w.snapshot()).toEqual(before)
  })

  it('leaves out what cannot be a node, and the second of two with one id, and says so', async () => {
    const w = await opened()
    w.kube.add('odd', { node: { id: 'a b' } as ClusterNode })
    w.kube.add('twin', { node: { id: 'n2' } as ClusterNode })
    const { body } = await w.sync()
    expect(body.data.added).toEqual(['n2'])
    expect(body.warnings?.map(({ code, detail }) => [code, detail.split(':')[0]])).toEqual([
      ['node.skipped', 'Kubernetes node odd'],
      ['node.skipped', 'Kubernetes node twin'],
    ])
  })

  it('is refused by a policy on update_cluster, which sees the document as it would be', async () => {
    const w = await opened({ update_cluster: () => ({ denied: 'frozen' }) })
    const before = w.snapshot()
    expect((await w.sync()).body.code).toBe('pre_check.denied')
    expect(w.asked[0]?.input).toMatchObject({
      cluster_data: { nodes: { count: 3 } },
      current_cluster_data: { nodes: { nodeData: [own, hand] } },
    })
    expect(w.snapshot()).toEqual(before)
  })

  it('needs a controller that answers, and flags that are ones', async () => {
    const bare = await opened({}, false)
    expect((await bare.sync()).reply.status).toBe(409)
    const w = await opened()
    const before = w.snapshot()
    expect((await w.sync('?prune=maybe')).body.code).toBe('request.invalid')
    w.kube.fault = () => new GridError('controller.unreachable', 'nobody there')
    expect((await w.sync()).body.code).toBe('controller.unreachable')
    expect(w.snapshot()).toEqual(before)
  })
})

describeOnEveryStore('a sync of a large cluster', (open) => {
  it('takes 1,000 nodes in one go, page by page', async () => {
    const kube = scriptedController()
    const ports = { controllers: kube, authenticator: { identify: async () => admin } }
    const all = compose(readConfig({}), { store: await open(), log: { info() {}, warn() {}, error() {} }, ports })
    await all.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 } }))
    await enrolController(all.clusters, id)
    for (let index = 0; index < 1000; index++)
      kube.add(`node-${index}`, { node: { id: `node-${index}`, memory: 2, vcpus: { count: 4 } } as ClusterNode })
    const reply = await appOf(syncCluster, all).request(`/clusters/${id}/sync`, { method: 'POST' })
    expect(((await reply.json()) as Answer).data.added).toHaveLength(1000)
    expect(kube.calls).toEqual(['GET /nodes?limit=500', 'GET /nodes?limit=500&cursor=500'])
    expect((await all.clusters.find(id))?.cluster).toMatchObject({ nodes: { count: 1000 }, memory: 2000 })
  }, 60_000)
})
