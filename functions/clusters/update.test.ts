import { readFileSync } from 'node:fs'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import type { Ports } from '@gridgate/core/ports'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { type World, world } from '../../test/world.ts'
import { addCluster } from './create.ts'
import { changeCluster } from './update.ts'

const fixtures = new URL('../../packages/core/src/cluster/fixtures/', import.meta.url)
const documented = JSON.parse(readFileSync(new URL('cluster-update-request.json', fixtures), 'utf8'))
const id = 'west-1' as ClusterId
const small = {
  id,
  regionId: 'us-west-1',
  nodes: { nodeData: [{ id: 'n1', memory: 5 }, { id: 'n2' }] },
  clusterMetadata: { owner: 'Ann' },
}

interface Opened extends World {
  asked: { action: string; input: JsonObject }[]
  stored(): Promise<{ document: Record<string, unknown>; version: number }>
}

async function opened(scripts: Record<string, Script> = {}): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const w = world(policies.ports)
  await appOf(addCluster, w.ports).request('/clusters/create', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(small),
  })
  return {
    ...w,
    asked: policies.asked,
    async stored() {
      const found = await w.ports.clusters.find(id)
      return { document: found?.cluster ?? {}, version: found?.version ?? 0 }
    },
  }
}

const send = (w: World, body: unknown, headers: Record<string, string> = {}, method = 'PATCH'): Promise<Response> =>
  Promise.resolve(
    appOf(changeCluster, w.ports).request(`/clusters/update/${id}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  )

interface Answer {
  data: { nodes: { nodeData: object[] } } & Record<string, unknown>
  warnings: { code: string; pointer: string }[]
  details: { problems: object[] }
}
const answer = async (reply: Response): Promise<Answer> => (await reply.json()) as Answer

describe('PATCH /clusters/update/{cluster_id}', () => {
  it.each(['PATCH', 'PUT'])('sets the documented fields by dotted path (%s)', async (method) => {
    const w = await opened()
    const reply = await send(w, documented, {}, method)
    expect(reply.status).toBe(200)
    const { data } = await answer(reply)
    expect(data).toMatchObject({
      regionId: 'us-west-2',
      tags: ['ai-cluster', 'llm', 'datacenter-grade-1'],
      clusterMetadata: { owner: 'Ann', creator: 'creator@example.com' },
    })
    expect(reply.headers.get('etag')).toBe('"2"')
    expect(await w.stored()).toEqual({ document: data, version: 2 })
  })

  it('does what the $set of an old client meant', async () => {
    const w = await opened()
    const { data } = await answer(await send(w, { $set: { 'clusterMetadata.owner': 'Bob' } }))
    expect(data.clusterMetadata).toEqual({ owner: 'Bob' })
  })

  it('defect 32: computes totals again and tells which given one it replaced', async () => {
    const w = await opened()
    const nodes = [
      { id: 'n1', memory: 7 },
      { nodeId: 'n3', memory: 8 },
    ]
    const { data, warnings } = await answer(await send(w, { 'nodes.nodeData': nodes, memory: 1 }))
    expect(data).toMatchObject({ nodes: { count: 2 }, memory: 15 })
    expect(data.nodes.nodeData[1]).toEqual({ id: 'n3', memory: 8 })
    expect(warnings).toMatchObject([{ code: 'cluster.total_recomputed', pointer: '/memory' }])
  })

  it('writes when the version is the one the caller decided on', async () => {
    const w = await opened()
    expect((await send(w, { regionId: 'b' }, { 'if-match': '"1"' })).status).toBe(200)
    expect((await send(w, { regionId: 'c' }, { 'if-match': '*' })).status).toBe(200)
    const stale = await send(w, { regionId: 'd' }, { 'if-match': '"1"' })
    expect(stale.status).toBe(412)
    expect(await stale.json()).toMatchObject({ code: 'precondition.failed', details: { version: 3 } })
    expect((await w.stored()).document.regionId).toBe('c')
  })

  it('asks the policy with the result, what was before and the change, and stores what it returned', async () => {
    const w = await opened({
      update_cluster: (input) => ({
        input: { ...input, cluster_data: { ...(input.cluster_data as object), reputation: 9 } },
      }),
    })
    const before = (await w.stored()).document
    await send(w, { regionId: 'b' })
    expect(w.asked).toEqual([
      {
        action: 'update_cluster',
        input: { cluster_data: { ...before, regionId: 'b' }, current_cluster_data: before, update: { regionId: 'b' } },
      },
    ])
    expect((await w.stored()).document).toMatchObject({ regionId: 'b', reputation: 9 })
  })

  it('lets a policy of the cluster itself say no', async () => {
    const w = await opened()
    await w.ports.clusters.replace(
      { ...small, config: { actionsPolicyMap: { update_cluster: 'missing:1.0-a' } }, tags: [] } as never,
      1,
    )
    const denied = scriptedPolicies({ update_cluster: () => ({ denied: 'frozen' }) })
    const guarded = world({
      ...denied.ports,
      policyMaps: { ...denied.ports.policyMaps, read: async () => ({ map: {}, version: 0 }) },
      policies: {
        ...denied.ports.policies,
        find: async () => denied.ports.policies.find('update_cluster:1.0-test' as never),
      },
      clusters: w.ports.clusters,
    })
    const reply = await send(guarded, { regionId: 'b' })
    expect(reply.status).toBe(403)
    expect(await reply.json()).toMatchObject({ code: 'pre_check.denied', detail: 'frozen' })
  })

  it.each([
    ['defect 32: a negative size', { 'storage.size': -1 }, {}, 400, 'request.invalid'],
    ['defect 32: a text for a number', { memory: 'much' }, {}, 400, 'request.invalid'],
    ['defect 36: two nodes of one id', { 'nodes.nodeData': [{ id: 'a' }, { id: 'a' }] }, {}, 400, 'request.invalid'],
    ['an empty change', {}, {}, 400, 'request.invalid'],
    ['a path into a list', { 'nodes.nodeData.0.memory': 1 }, {}, 400, 'request.invalid'],
    ['a position in a list', { 'nodes.nodeData[0].memory': 1 }, {}, 400, 'request.invalid'],
    ['another operator', { $inc: { memory: 1 } }, {}, 400, 'query.unknown_operator'],
    ['a path into the prototype', { 'a.__proto__.b': 1 }, {}, 400, 'request.unsafe_json'],
    ['another id', { id: 'east-1' }, {}, 403, 'field.system_owned'],
    ['the address map', { 'config.urlMap': {} }, {}, 403, 'field.system_owned'],
    ['a denial', { regionId: 'b' }, { update_cluster: () => ({ denied: 'no' }) }, 403, 'pre_check.denied'],
    ['a crash', { regionId: 'b' }, { update_cluster: () => ({ failed: 'policy.crashed' }) }, 503, 'policy.crashed'],
    [
      'a rewritten id',
      { regionId: 'b' },
      {
        update_cluster: (input) => ({
          input: { ...input, cluster_data: { ...(input.cluster_data as object), id: 'x' } },
        }),
      },
      502,
      'policy.bad_verdict',
    ],
  ] as [
    string,
    object,
    Record<string, Script>,
    number,
    string,
  ][])('refuses %s, and changes nothing', async (_, body, scripts, status, code) => {
    const w = await opened(scripts)
    const before = w.snapshot()
    const reply = await send(w, body)
    expect(reply.status).toBe(status)
    expect(await reply.json()).toMatchObject({ success: false, code })
    expect(w.snapshot()).toEqual(before)
  })

  it('points into the update, not into the document', async () => {
    const { details } = await answer(await send(await opened(), { 'storage.size': -1 }))
    expect(details.problems).toEqual([{ in: 'body', pointer: '/storage.size', detail: 'must not be negative' }])
  })

  it('answers 404 for a cluster that is not there', async () => {
    const w = world(scriptedPolicies().ports)
    expect((await send(w, { regionId: 'b' })).status).toBe(404)
  })
})

/** A world in which somebody else writes each time this update has asked its policy. */
async function contested(times: number): Promise<Opened & { rounds(): number }> {
  let rounds = 0
  let others: (() => Promise<unknown>) | undefined
  const w = await opened()
  const clusters = w.ports.clusters
  const replace: typeof clusters.replace = async (...given) => {
    rounds += 1
    if (rounds <= times) await others?.()
    return clusters.replace(...given)
  }
  const ports = Object.create(w.ports, { clusters: { value: { ...clusters, replace } } }) as Ports
  others = async () => {
    const now = await clusters.find(id)
    if (now) await clusters.replace({ ...now.cluster, memory: 5, other: rounds } as never, now.version)
  }
  return { ...w, ports, rounds: () => rounds }
}

describe('defect 35: an update that meets another write', () => {
  it('is decided anew on what the other one wrote, so that neither is lost', async () => {
    const w = await contested(3)
    expect((await send(w, { regionId: 'b' })).status).toBe(200)
    expect((await w.stored()).document).toMatchObject({ regionId: 'b', other: 3 })
    expect(w.rounds()).toBe(4)
  })

  it('gives up with 409 when it never wins', async () => {
    const w = await contested(99)
    const reply = await send(w, { regionId: 'b' })
    expect(reply.status).toBe(409)
    expect(await reply.json()).toMatchObject({ code: 'cluster.changed' })
    expect((await w.stored()).document.regionId).toBe('us-west-1')
    expect(w.rounds()).toBe(5)
  })

  it('gives up at once with 412 when it names a version', async () => {
    const w = await contested(99)
    const reply = await send(w, { regionId: 'b' }, { 'if-match': '"1"' })
    expect(reply.status).toBe(412)
    expect((await w.stored()).document.regionId).toBe('us-west-1')
    expect(w.rounds()).toBe(1)
  })

  it('waits for the others of its process, so that many at once all succeed', async () => {
    const w = await opened()
    const fields = Array.from({ length: 50 }, (_, index) => `field${index}`)
    const replies = await Promise.all(fields.map((field) => send(w, { [field]: true })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(Object.keys((await w.stored()).document)).toEqual(expect.arrayContaining(fields))
  })

  it('keeps every one of many joins at the same time', async () => {
    const w = await opened()
    const join = async (name: string): Promise<void> => {
      for (;;) {
        const { document, version } = await w.stored()
        const nodes = (document.nodes as { nodeData: object[] }).nodeData
        const reply = await send(w, { 'nodes.nodeData': [...nodes, { id: name }] }, { 'if-match': `"${version}"` })
        if (reply.status === 200) return
        expect(reply.status).toBe(412)
      }
    }
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(join))
    const { nodes } = (await w.stored()).document as { nodes: { count: number; nodeData: { id: string }[] } }
    expect(nodes.nodeData.map((node) => node.id).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'n1', 'n2'])
    expect(nodes.count).toBe(7)
  })
})
