import { readFileSync } from 'node:fs'
import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import { GridError } from '@gridgate/core/errors'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { describeOnEveryStore } from '@gridgate/storage/contract'
import type { Store } from '@gridgate/storage/store'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { enrolController, type ScriptedController, scriptedController } from '../../test/scripted-controllers.ts'
import { admin, type World, world } from '../../test/world.ts'
import { addNodeToCluster } from './add.ts'

const id = 'west-1' as ClusterId
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../packages/core/src/node/fixtures/${name}.json`, import.meta.url), 'utf8'))
const { clusterId: _, ...a100 } = fixture('node-data-a100') as { clusterId: string } & Record<string, unknown>

interface Opened extends World {
  asked: { action: string; input: Record<string, unknown> }[]
  kube: ScriptedController
  send(body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Answer; reply: Response }>
  cluster(): Promise<Cluster>
}
interface Answer {
  success: boolean
  code?: string
  data: Cluster
  details?: { problems?: { pointer: string }[] }
  warnings?: { code: string; pointer: string }[]
}

async function opened(scripts: Record<string, Script> = {}, config: object = {}, enrolled = false): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const kube = scriptedController()
  const w = world({ ...policies.ports, controllers: kube })
  const nodes = { nodeData: [{ id: 'n1', memory: 5, gpus: { count: 1, modelNames: ['T4'] } }] }
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes, memory: 5, config }))
  if (enrolled) await enrolController(w.ports.clusters, id)
  return {
    ...w,
    asked: policies.asked,
    kube,
    async send(body, headers = {}) {
      const reply = await appOf(addNodeToCluster, w.ports).request(`/nodes/add-node-to-cluster/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      return { status: reply.status, body: (await reply.json()) as Answer, reply }
    },
    async cluster() {
      const found = await w.ports.clusters.find(id)
      if (!found) throw new Error('no cluster')
      return found.cluster
    },
  }
}

/** A refusal with its code, and the proof that nothing was written. */
async function refuses(w: Opened, body: unknown, status: number, code: string): Promise<Answer> {
  const before = w.snapshot()
  const said = await w.send(body)
  expect([said.status, said.body.code]).toEqual([status, code])
  expect(w.snapshot()).toEqual(before)
  return said.body
}

describe('POST /nodes/add-node-to-cluster/{cluster_id}', () => {
  it('adds the documented node, settles the totals, and answers with the cluster and its new version', async () => {
    const w = await opened()
    const { status, body, reply } = await w.send({ ...a100, clusterId: id })
    expect(status).toBe(200)
    expect(body.success).toBe(true)
    expect(body.data).toMatchObject({
      nodes: { count: 2, nodeData: [{ id: 'n1' }, { ...a100, clusterId: id }] },
      gpus: { count: 3, memory: 32768, modelNames: ['T4', 'NVIDIA A100'] },
      vcpus: { count: 32 },
      memory: 131077,
    })
    expect(reply.headers.get('etag')).toBe('"2"')
    expect(await w.cluster()).toEqual(body.data)
    expect(w.kube.calls).toEqual([])
  })

  it('reads nodeId as id, and the document under nodeData', async () => {
    const w = await opened()
    expect((await w.send({ nodeId: 'n2' })).status).toBe(200)
    expect((await w.send({ clusterId: id, nodeData: { id: 'n3' } })).status).toBe(200)
    expect((await w.cluster()).nodes.nodeData?.map((node) => node.id)).toEqual(['n1', 'n2', 'n3'])
  })

  it('keeps what it does not know, but no credential, and says so', async () => {
    const w = await opened()
    const { body } = await w.send({ id: 'n2', rack: 7, nodeMetadata: { owner: 'Ann', joinToken: 'abc' } })
    expect(body.data.nodes.nodeData?.[1]).toEqual({ id: 'n2', rack: 7, nodeMetadata: { owner: 'Ann' } })
    expect(body.warnings).toMatchObject([{ code: 'field.credential_dropped', pointer: '/nodeMetadata/joinToken' }])
  })

  it.each([
    ['no id', {}, '/id'],
    ['an id that is no label', { id: 'a b' }, '/id'],
    ['two ids', { id: 'a', nodeId: 'b' }, '/nodeId'],
    ['a negative size', { id: 'n2', memory: -1 }, '/memory'],
    ['another cluster', { id: 'n2', clusterId: 'east-1' }, '/clusterId'],
    ['a nested node that is wrong', { clusterId: id, nodeData: { id: 'n2', swap: 'x' } }, '/nodeData/swap'],
    ['a list under nodeData', { nodeData: [] }, '/nodeData'],
  ])('refuses %s with a pointer', async (_name, body, pointer) => {
    const said = await refuses(await opened(), body, 400, 'request.invalid')
    expect(said.details?.problems?.[0]?.pointer).toBe(pointer)
  })

  it('refuses a known id, before any policy is asked', async () => {
    const w = await opened({ add_node: (input) => ({ input }) })
    await refuses(w, { id: 'n1' }, 409, 'node.exists')
    expect(w.asked).toEqual([])
  })

  it('refuses an unknown cluster', async () => {
    const w = await opened()
    const reply = await appOf(addNodeToCluster, w.ports).request('/nodes/add-node-to-cluster/nowhere', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id": "n2"}',
    })
    expect([reply.status, ((await reply.json()) as Answer).code]).toEqual([404, 'cluster.not_found'])
  })

  it('writes nothing on a version that the caller did not decide on', async () => {
    const w = await opened()
    const before = w.snapshot()
    expect((await w.send({ id: 'n2' }, { 'if-match': '"7"' })).body.code).toBe('precondition.failed')
    expect(w.snapshot()).toEqual(before)
    expect((await w.send({ id: 'n2' }, { 'if-match': '"1"' })).status).toBe(200)
  })
})

describe('the policies on add_node', () => {
  it('are asked the documented input, metrics null', async () => {
    const w = await opened({ add_node: (input) => ({ input }) })
    const before = await w.cluster()
    await w.send({ id: 'n2' })
    expect(w.asked).toEqual([
      { action: 'add_node', input: { cluster_data: before, cluster_metrics: null, node_data: { id: 'n2' } } },
    ])
  })

  it('are told what the cluster measured last, as long as that is fresh', async () => {
    const w = await opened({ add_node: (input) => ({ input }) })
    await w.ports.summaries.put(id, { reported: 7 }, new Date(Date.UTC(2030, 0, 1)))
    await w.send({ id: 'n2' })
    w.pass(3_600_000)
    await w.send({ id: 'n3' })
    const told = w.asked.map(({ input }) => input.cluster_metrics)
    expect(told).toMatchObject([{ clusterId: id, reported: 7, stale: false }, null])
  })

  it('may change the node, which is validated again', async () => {
    const tagged =
      (tags: unknown): Script =>
      (input) => ({
        input: { ...input, node_data: { id: 'n2', tags } as never },
      })
    const w = await opened({ add_node: tagged(['checked']) })
    expect((await w.send({ id: 'n2' })).body.data.nodes.nodeData?.[1]).toEqual({ id: 'n2', tags: ['checked'] })
    await refuses(await opened({ add_node: tagged('wrong') }), { id: 'n2' }, 502, 'policy.bad_verdict')
    const renamed: Script = (input) => ({ input: { ...input, node_data: { id: 'n9' } } })
    await refuses(await opened({ add_node: renamed }), { id: 'n2' }, 502, 'policy.bad_verdict')
  })

  it('stop it by a denial or by having no verdict', async () => {
    await refuses(await opened({ add_node: () => ({ denied: 'full' }) }), { id: 'n2' }, 403, 'pre_check.denied')
    await refuses(await opened({ add_node: () => ({ failed: 'policy.timeout' }) }), { id: 'n2' }, 503, 'policy.timeout')
  })

  it('are both asked, the cluster with what the network returned', async () => {
    const seen: unknown[] = []
    const mark: Script = (input) => {
      seen.push(input.node_data)
      return { input: { ...input, node_data: { id: 'n2', swap: seen.length } } }
    }
    const w = await opened({ add_node: mark }, { actionsPolicyMap: { add_node: 'add_node:1.0-test' } })
    expect((await w.send({ id: 'n2' })).body.data.nodes.nodeData?.[1]).toEqual({ id: 'n2', swap: 2 })
    expect(seen).toEqual([{ id: 'n2' }, { id: 'n2', swap: 1 }])
  })
})

describe('a cluster with a controller', () => {
  it('takes a node that its Kubernetes has, and labels it', async () => {
    const w = await opened({}, {}, true)
    w.kube.add('n2')
    expect((await w.send({ id: 'n2' })).status).toBe(200)
    expect(w.kube.nodes.get('n2')?.label).toBe('n2')
  })

  it('refuses one that it has not, and what its controller fails with', async () => {
    const w = await opened({}, {}, true)
    await refuses(w, { id: 'n2' }, 409, 'node.not_in_cluster')
    w.kube.fault = () => new GridError('controller.unreachable', 'nobody there')
    await refuses(w, { id: 'n2' }, 503, 'controller.unreachable')
  })

  it('is not asked before the policies', async () => {
    const w = await opened({ add_node: () => ({ denied: 'full' }) }, {}, true)
    await refuses(w, { id: 'n2' }, 403, 'pre_check.denied')
    expect(w.kube.calls).toEqual([])
  })
})

describe('external nodes', () => {
  it('are taken on trust only where the cluster does not say no to them', async () => {
    await refuses(await opened({}, { allowExternalNodes: false }), { id: 'n2' }, 403, 'node.external_refused')
    for (const config of [{}, { allowExternalNodes: true }])
      expect((await (await opened({}, config)).send({ id: 'n2' })).status).toBe(200)
  })

  it('are none where Kubernetes has the node already', async () => {
    const w = await opened({}, { allowExternalNodes: false }, true)
    w.kube.add('n2')
    expect((await w.send({ id: 'n2' })).status).toBe(200)
  })
})

describeOnEveryStore('adding nodes at once', (open) => {
  const addOn = async (store: Store, ports: object, nodeId: string): Promise<Response> => {
    const own = compose(readConfig({}), {
      store,
      log: { info() {}, warn() {}, error() {} },
      ports: { authenticator: { identify: async () => admin }, ...ports },
    })
    return appOf(addNodeToCluster, own).request(`/nodes/add-node-to-cluster/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: nodeId, memory: 2, gpus: { count: 1 } }),
    })
  }
  const ids = Array.from({ length: 50 }, (_, index) => `node-${index}`)
  async function prepared(): Promise<{ store: Store; cluster: () => Promise<Cluster | undefined> }> {
    const store = await open()
    const { clusters } = compose(readConfig({}), { store })
    await clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0, nodeData: [] } }))
    return { store, cluster: async () => (await clusters.find(id))?.cluster }
  }

  it('loses none of 50 in as many processes, and the totals are of all', async () => {
    const { store, cluster } = await prepared()
    const replies = await Promise.all(ids.map((nodeId) => addOn(store, {}, nodeId)))
    expect(replies.map(({ status }) => status)).toEqual(ids.map(() => 200))
    const after = await cluster()
    expect(after?.nodes.nodeData?.map((node) => node.id).sort()).toEqual([...ids].sort())
    expect(after).toMatchObject({ nodes: { count: 50 }, memory: 100, gpus: { count: 50 } })
  }, 180_000)

  it('lets a policy count what is really there', async () => {
    const { store, cluster } = await prepared()
    const few: Script = (input) =>
      ((input.cluster_data as { nodes: { count: number } }).nodes.count ?? 0) < 3 ? { input } : { denied: 'full' }
    const { ports } = scriptedPolicies({ add_node: few })
    const replies = await Promise.all(ids.slice(0, 10).map((nodeId) => addOn(store, ports, nodeId)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3)
    expect((await cluster())?.nodes.count).toBe(3)
  }, 60_000)
})
