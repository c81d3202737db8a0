import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { admin, type World, world } from '../../test/world.ts'
import { listClusters } from './list.ts'
import { findClusters } from './query.ts'

const nodes = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `n${index}`, memory: index, ...more }))

async function opened(clusters: object[], caller: Caller = admin): Promise<World> {
  const w = world({}, caller)
  for (const cluster of clusters)
    await w.ports.clusters.create(Cluster.parse({ regionId: 'a', nodes: { count: 0, nodeData: [] }, ...cluster }))
  return w
}
const five = ['a', 'b', 'c', 'd', 'e'].map((id, index) => ({
  id,
  reputation: index,
  nodes: { nodeData: nodes(index) },
}))

const query = (w: World, body: unknown): Promise<Response> =>
  Promise.resolve(
    appOf(findClusters, w.ports).request('/clusters/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
const list = async (w: World, search = ''): Promise<Response> =>
  appOf(listClusters, w.ports).request(`/clusters${search}`)
interface Answer {
  data: { id: string }[]
  next_cursor: string | null
  code: string
}
const answer = async (reply: Response): Promise<Answer> => (await reply.json()) as Answer
const idsOf = async (reply: Response): Promise<string[]> => {
  expect(reply.status).toBe(200)
  return (await answer(reply)).data.map(({ id }) => id)
}

describe('POST /clusters/query', () => {
  it.each([
    [{}, ['a', 'b', 'c', 'd', 'e']],
    [{ reputation: { $gte: '3' } }, ['d', 'e']],
    [{ variable: 'reputation', operator: '<', value: '1' }, ['a']],
    [{ variable: 'nodes.count', operator: '==', value: 2 }, ['c']],
    [{ variable: 'nodes.nodeData.memory', operator: '>=', value: '2' }, ['d', 'e']],
    [{ 'nodes.nodeData': { $size: 1 } }, ['b']],
    [{ variable: 'id', operator: 'LIKE', value: '*' }, ['a', 'b', 'c', 'd', 'e']],
  ])('finds by %j', async (filter, expected) => {
    expect(await idsOf(await query(await opened(five), { query: filter }))).toEqual(expected)
  })

  it('gives whole documents', async () => {
    const w = await opened(five)
    const { data } = await answer(await query(w, { query: { id: 'c' } }))
    expect(data).toEqual([(await w.ports.clusters.find('c' as never))?.cluster])
  })

  it('defect 37: refuses a body without query instead of giving everything', async () => {
    const w = await opened(five)
    for (const body of [
      {},
      { variable: 'id', operator: '==', value: 'a' },
      { query: null },
      { query: 'x' },
      { query: [] },
    ]) {
      const reply = await query(w, body)
      expect(reply.status).toBe(400)
      expect(await reply.json()).toMatchObject({
        code: 'request.invalid',
        details: { problems: [{ pointer: '/query' }] },
      })
    }
  })

  it('defect 37: gives pages, in the order of ids, until next_cursor is null', async () => {
    const w = await opened(five)
    const seen: string[][] = []
    let cursor: string | null | undefined
    do {
      const body = { query: { reputation: { $ne: 2 } }, limit: 2, ...(cursor ? { cursor } : {}) }
      const page = await answer(await query(w, body))
      seen.push(page.data.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual([
      ['a', 'b'],
      ['d', 'e'],
    ])
  })

  it('ends a page after 5,000 clusters and nodes looked at, with a cursor to go on', async () => {
    const w = await opened(['a', 'b', 'c', 'd'].map((id) => ({ id, nodes: { nodeData: nodes(1800) } })))
    const asked = { query: { 'nodes.nodeData.id': 'nowhere' } }
    const first = await answer(await query(w, asked))
    expect(first).toMatchObject({ data: [], next_cursor: expect.any(String) })
    const second = await answer(await query(w, { ...asked, cursor: first.next_cursor }))
    expect(second).toEqual({ success: true, data: [], next_cursor: null })
  })

  it('never puts more into a page than a reply can carry', async () => {
    const large = nodes(900, { note: 'x'.repeat(2000) })
    const w = await opened(['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, nodes: { nodeData: large } })))
    const first = await query(w, { query: {} })
    const text = await first.text()
    expect(text.length).toBeLessThan(5_500_000)
    const { data, next_cursor: cursor } = JSON.parse(text) as Answer
    expect(data.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(await idsOf(await query(w, { query: {}, cursor }))).toEqual(['c', 'd'])
  })

  it.each([
    [{ query: { $where: '1' } }, 'query.unknown_operator', '$where'],
    [{ query: { a: { $regex: 'x' } } }, 'query.unknown_operator', '$regex'],
    [{ query: { variable: 'a', operator: '~', value: 1 } }, 'query.unknown_operator', '~'],
    [{ query: { $or: [] } }, 'query.invalid', '$or'],
    [{ query: {}, cursor: 'made-up' }, 'cursor.invalid', 'cursor'],
    [{ query: {}, limit: 0 }, 'request.invalid', '/limit'],
    [{ query: {}, limit: 501 }, 'request.invalid', '/limit'],
  ])('refuses %j with %s', async (body, code, named) => {
    const reply = await query(await opened(five), body)
    expect(reply.status).toBe(400)
    const problem = await answer(reply)
    expect(problem.code).toBe(code)
    expect(JSON.stringify(problem)).toContain(named)
  })

  it('refuses the cursor of another query', async () => {
    const w = await opened(five)
    const { next_cursor: cursor } = await answer(await query(w, { query: {}, limit: 1 }))
    expect((await query(w, { query: { id: 'a' }, cursor })).status).toBe(400)
  })

  it('shows a caller only the clusters in scope', async () => {
    const w = await opened(five, { id: 'v', role: 'viewer', clusters: ['b', 'd'] })
    expect(await idsOf(await query(w, { query: {} }))).toEqual(['b', 'd'])
    expect(await idsOf(await list(w))).toEqual(['b', 'd'])
  })
})

describe('POST /clusters/query with metrics', () => {
  const figures = (load: number, freeMem: number): JsonObject => ({
    cluster: { vcpu: { load15m: load }, gpu: { totalFreeMem: freeMem } },
  })
  /** a is idle, b busy, c went silent, d never reported, e is idle. */
  async function reported(caller: Caller = admin): Promise<World> {
    const w = await opened(five, caller)
    await w.ports.summaries.put('c', figures(1, 10_000), w.ports.clock.now())
    w.pass(600_000)
    await w.ports.summaries.put('a', figures(1, 10_000), w.ports.clock.now())
    await w.ports.summaries.put('b', figures(90, 10_000), w.ports.clock.now())
    await w.ports.summaries.put('e', figures(2, 20_000), w.ports.clock.now())
    return w
  }
  const load = { variable: 'cluster.vcpu.load_15m', operator: '<', value: '10' }
  const memory = { variable: 'cluster.gpu.totalFreeMem', operator: '>', value: '9000' }

  it('defects 38, 42: finds by the documented sample: quoted numbers, load_15m for load15m', async () => {
    const clusterMetricsQuery = { logicalOperator: 'AND', conditions: [load, memory] }
    const clusterQuery = { variable: 'reputation', operator: '>', value: '1' }
    const w = await reported()
    expect(await idsOf(await query(w, { clusterMetricsQuery, clusterQuery }))).toEqual(['e'])
    expect(await idsOf(await query(w, { clusterMetricsQuery }))).toEqual(['a', 'e'])
    expect(await idsOf(await query(w, { clusterQuery }))).toEqual(['c', 'd', 'e'])
    const text = encodeURIComponent(JSON.stringify({ clusterMetricsQuery }))
    expect(await idsOf(await list(w, `?query=${text}`))).toEqual(['a', 'e'])
  })

  it('defect 39: an OR in the cluster query does not widen what the metrics narrow', async () => {
    const either = ['a', 'b'].map((id) => ({ variable: 'id', operator: '==', value: id }))
    const clusterQuery = { logicalOperator: 'OR', conditions: either }
    expect(await idsOf(await query(await reported(), { clusterMetricsQuery: load, clusterQuery }))).toEqual(['a'])
  })

  it('defect 41: an OR of metrics works with every operator', async () => {
    const busy = { variable: 'cluster.vcpu.load15m', operator: '>=', value: 90 }
    const much = { variable: 'cluster.gpu.totalFreeMem', operator: '>', value: '15000' }
    const clusterMetricsQuery = { logicalOperator: 'OR', conditions: [busy, much] }
    expect(await idsOf(await query(await reported(), { clusterMetricsQuery }))).toEqual(['b', 'e'])
  })

  it('defect 86: a cluster that went silent matches only who asks for stale ones', async () => {
    const w = await reported()
    expect(await idsOf(await query(w, { clusterMetricsQuery: {} }))).toEqual(['a', 'b', 'e'])
    expect(await idsOf(await query(w, { clusterMetricsQuery: { stale: true } }))).toEqual(['c'])
  })

  it('pages, and stays in the caller’s scope', async () => {
    const w = await reported({ id: 'v', role: 'viewer', clusters: ['a', 'b'] })
    expect(await idsOf(await query(w, { clusterMetricsQuery: {} }))).toEqual(['a', 'b'])
    const first = await answer(await query(w, { clusterMetricsQuery: {}, limit: 1 }))
    const more = { clusterMetricsQuery: {}, limit: 1, cursor: first.next_cursor }
    expect(await idsOf(await query(w, more))).toEqual(['b'])
  })

  it.each([
    [{ query: {}, clusterQuery: {} }, 'request.invalid', '/query'],
    [{ clusterMetricsQuery: { 'nodes.memory.freeMem': 1 } }, 'query.invalid', 'cluster-metrics'],
    [{ clusterMetricsQuery: { $where: '1' } }, 'query.unknown_operator', '$where'],
    [{ query: { clusterQuery: {}, id: 'a' } }, 'query.invalid', 'id'],
  ])('refuses %j with %s', async (body, code, named) => {
    const problem = await answer(await query(await reported(), body))
    expect(problem.code).toBe(code)
    expect(JSON.stringify(problem)).toContain(named)
  })
})

describe('GET /clusters', () => {
  it('gives the whole list in pages', async () => {
    const w = await opened(five)
    const first = await answer(await list(w, '?limit=3'))
    expect(first.data.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    const second = await answer(await list(w, `?limit=2&cursor=${first.next_cursor}`))
    expect(second.data.map(({ id }) => id)).toEqual(['d', 'e'])
    expect(second.next_cursor).toBeNull()
  })

  it('takes a query as JSON text', async () => {
    const w = await opened(five)
    const text = encodeURIComponent(JSON.stringify({ variable: 'reputation', operator: '>', value: '2' }))
    expect(await idsOf(await list(w, `?query=${text}`))).toEqual(['d', 'e'])
    expect(await answer(await list(w, '?query=%7B'))).toMatchObject({ status: 400, code: 'query.invalid' })
  })

  it('is empty where there is nothing', async () => {
    expect(await answer(await list(await opened([])))).toEqual({ success: true, data: [], next_cursor: null })
  })
})
