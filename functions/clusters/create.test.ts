import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { type World, world } from '../../test/world.ts'
import { addCluster } from './create.ts'
import { readCluster } from './read.ts'

const fixtures = new URL('../../packages/core/src/cluster/fixtures/', import.meta.url)
const west = JSON.parse(readFileSync(new URL('cluster-onboarding-west-vision.json', fixtures), 'utf8'))
const small = { id: 'west-1', regionId: 'us-west-2', nodes: { nodeData: [{ id: 'n1', memory: 5 }] } }

const opened = (scripts: Record<string, Script> = {}): World & { asked: unknown[] } => {
  const policies = scriptedPolicies(scripts)
  return { ...world(policies.ports), asked: policies.asked }
}
const send = (w: World, body: unknown): Promise<Response> =>
  Promise.resolve(
    appOf(addCluster, w.ports).request('/clusters/create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  )
interface Answer {
  success: boolean
  data: Record<string, unknown>
  warnings: { code: string; pointer: string }[]
}
const answer = async (reply: Response): Promise<Answer> => (await reply.json()) as Answer
const read = async (w: World, id: string): Promise<Response> =>
  appOf(readCluster, w.ports).request(`/clusters/read/${id}`)

describe('POST /clusters/create', () => {
  it('registers the documented cluster and reads it back the same, with its version as ETag', async () => {
    const w = opened()
    const created = await send(w, west)
    expect(created.status).toBe(200)
    const { success, data } = await answer(created)
    expect(success).toBe(true)
    const { joinCommand: _, ...additionalInfo } = west.clusterMetadata.additionalInfo
    const gpus = { ...west.gpus, modelNames: ['NVIDIA A100', 'NVIDIA V100'] }
    expect(data).toEqual({ ...west, gpus, clusterMetadata: { ...west.clusterMetadata, additionalInfo } })
    const found = await read(w, west.id)
    expect(found.status).toBe(200)
    expect(found.headers.get('etag')).toBe(created.headers.get('etag'))
    expect(found.headers.get('content-type')).toBe('application/json')
    expect(await found.json()).toEqual({ success: true, data })
  })

  it('tells beside the data what was changed or ignored', async () => {
    const { warnings } = await answer(await send(opened(), { ...small, memory: 9, version: 3 }))
    expect(warnings.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['field.system_owned', '/version'],
      ['cluster.total_recomputed', '/memory'],
    ])
  })

  it('asks the policy with the documented input and stores what it returned, validated again', async () => {
    const w = opened({
      add_cluster: ({ cluster_data }) => ({
        input: { cluster_data: { ...(cluster_data as object), reputation: 50, memory: 77, version: 9 } },
      }),
    })
    const { data } = await answer(await send(w, small))
    expect(data).toMatchObject({ reputation: 50, memory: 5 }) // totals are computed again
    expect(data.version).toBeUndefined()
    expect(w.asked).toEqual([
      {
        action: 'add_cluster',
        input: {
          cluster_data: {
            ...small,
            nodes: { count: 1, ...small.nodes },
            memory: 5,
            config: {},
            tags: [],
            clusterMetadata: {},
          },
        },
      },
    ])
  })

  const rewritten = (change: (cluster: Record<string, unknown>) => unknown): Record<string, Script> => ({
    add_cluster: ({ cluster_data }) => ({
      input: { cluster_data: change(cluster_data as Record<string, unknown>) as null },
    }),
  })

  it.each([
    ['no id', { ...small, id: undefined }, {}, 400, 'request.invalid'],
    ['a negative size', { ...small, swap: -1 }, {}, 400, 'request.invalid'],
    ['text that is not JSON', '{"id": ', {}, 400, 'request.malformed_json'],
    ['a denial', small, { add_cluster: () => ({ denied: 'no' }) }, 403, 'pre_check.denied'],
    ['a policy that is too slow', small, { add_cluster: () => ({ failed: 'policy.timeout' }) }, 503, 'policy.timeout'],
    ['a rewritten id', small, rewritten((cluster) => ({ ...cluster, id: 'east-1' })), 502, 'policy.bad_verdict'],
    [
      'a rewrite that is not valid',
      small,
      rewritten((cluster) => ({ ...cluster, swap: -1 })),
      502,
      'policy.bad_verdict',
    ],
    ['a rewrite that is no object', small, rewritten(() => 'x'), 502, 'policy.bad_verdict'],
    [
      'a rewritten address map',
      small,
      rewritten((cluster) => ({ ...cluster, config: { urlMap: { controllerService: 'http://evil' } } })),
      502,
      'policy.bad_verdict',
    ],
    [
      'a rewrite beyond an item',
      small,
      rewritten((cluster) => ({ ...cluster, note: 'x'.repeat(400_000) })),
      502,
      'policy.bad_verdict',
    ],
    ['a document beyond an item', { ...small, note: 'x'.repeat(400_000) }, {}, 413, 'cluster.too_large'],
    ['a body beyond 4 MB', { ...small, note: 'x'.repeat(4 * 2 ** 20) }, {}, 413, 'request.too_large'],
  ] as [
    string,
    unknown,
    Record<string, Script>,
    number,
    string,
  ][])('refuses %s, and stores nothing', async (_, body, scripts, status, code) => {
    const w = opened(scripts)
    const reply = await send(w, body)
    expect(reply.status).toBe(status)
    expect(await reply.json()).toMatchObject({ success: false, code })
    expect(w.snapshot()).toEqual([])
  })

  it('registers nothing out of the scope of the caller', async () => {
    const w = world(scriptedPolicies().ports, { id: 'a', role: 'network-admin', clusters: ['east-1'] })
    const reply = await send(w, small)
    expect(reply.status).toBe(403)
    expect(w.snapshot()).toEqual([])
  })

  it('defect 33: answers a second registration of an id with 409, without asking a policy', async () => {
    const w = opened({ add_cluster: (input) => ({ input }) })
    await send(w, small)
    const before = w.snapshot()
    const reply = await send(w, { ...small, regionId: 'other' })
    expect(reply.status).toBe(409)
    expect(await reply.json()).toMatchObject({ code: 'cluster.exists' })
    expect(w.snapshot()).toEqual(before)
    expect(w.asked).toHaveLength(1)
  })
})

describe('GET /clusters/read/{cluster_id}', () => {
  it('defect 33: answers 404 for a cluster that is not there', async () => {
    const reply = await read(opened(), 'nowhere')
    expect(reply.status).toBe(404)
    expect(await reply.json()).toMatchObject({ code: 'cluster.not_found' })
  })

  it.each(['Not_A_Label', 'a'.repeat(49)])('answers 400 for %s, which can be no id', async (id) => {
    expect((await read(opened(), id)).status).toBe(400)
  })

  it('answers a caller like 404 whose scope the cluster is not in', async () => {
    const policies = scriptedPolicies()
    const w = world(policies.ports)
    await send(w, small)
    const identify = async (): Promise<{ id: string; role: 'viewer'; clusters: string[] }> => ({
      id: 'v',
      role: 'viewer',
      clusters: ['east-1'],
    })
    const scoped = world({ ...policies.ports, clusters: w.ports.clusters, authenticator: { identify } })
    expect((await read(scoped, 'west-1')).status).toBe(404)
  })
})
