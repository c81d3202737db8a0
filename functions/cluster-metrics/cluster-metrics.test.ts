import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { Endpoint } from '@gridgate/http/endpoint'
import { type ServedDatabase, serveDatabase } from '@gridgate/local/metrics/serve-database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allNodes, at, cpuNode, largeNode } from '../../packages/controller/contract/metrics-nodes.ts'
import { controllersOn } from '../../packages/controller/contract/metrics-reader.ts'
import type { Answer } from '../../packages/kube/contract/client.ts'
import { admin, type World, world } from '../../test/world.ts'
import { showClusterMetrics } from './cluster.ts'
import { showNodeMetrics } from './node.ts'
import { askMetrics } from './query.ts'
import { findNodeMetrics } from './query-nodes.ts'

let served: ServedDatabase
beforeAll(async () => {
  served = await serveDatabase(() => allNodes)
})
afterAll(() => served.stop())

/** Clusters with and without a controller; their reader's database answers at an address, or nowhere. */
async function opened(caller: Caller = admin, database = () => `http://127.0.0.1:${served.port}`): Promise<World> {
  const controllers = controllersOn(openMetricsDatabase(database))
  const w = world({ controllers, clock: { now: () => new Date(at * 1000) } }, caller)
  for (const id of ['west-1', 'bare-1'])
    await w.ports.clusters.create(Cluster.parse({ id, regionId: 'us', nodes: { count: 0 } }))
  const { version, cluster } = (await w.ports.clusters.find('west-1' as never)) ?? expect.fail()
  const urlMap = { controllerService: 'http://h:32300', metricsService: 'http://h:32301' }
  await w.ports.clusters.writeSystem(cluster.id, version, { controllerKey: { kid: 'k' }, urlMap })
  return w
}

async function ask(
  w: World,
  { app, route }: Endpoint<never>,
  path: string,
  body?: unknown,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const reply = await app(w.ports as never).request(path, {
    method: route.method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: reply.status, body: await reply.json() }
}

describe('GET /cluster-metrics/{cluster_id}', () => {
  it('defect 90: gives the reader’s reply inside of its own, where old clients read data.data', async () => {
    const { status, body } = await ask(await opened(), showClusterMetrics, '/cluster-metrics/west-1')
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, data: { success: true }, next_cursor: null })
    const { cluster_metrics: cluster, node_metrics: nodes } = body.data.data
    expect(Object.keys(body.data.data)).toEqual(['cluster_metrics', 'node_metrics'])
    expect(cluster).toMatchObject({ memory: { freeMem: 197_632 }, gpu: { count: 3 } })
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(['a-cpu.only', 'node-1', 'node-2', 'z-gone'])
  })

  it('passes on the moment, the range and the page', async () => {
    const w = await opened()
    const first = await ask(w, showClusterMetrics, `/cluster-metrics/west-1?at=${at}&range=1m&step=30s&limit=3`)
    expect(first.body.data.data.history).toHaveLength(1)
    const path = `/cluster-metrics/west-1?limit=3&cursor=${first.body.next_cursor}`
    const second = await ask(w, showClusterMetrics, path)
    expect(second.body.data.data.node_metrics).toHaveLength(1)
    expect(second.body.next_cursor).toBeNull()
  })

  it.each([
    ['at=yesterday', 'request.invalid', '/at'],
    ['at=99999999999', 'request.invalid', '/at'],
    ['range=1y', 'request.invalid', '/range'],
    ['step=30s', 'request.invalid', '/step'],
    ['range=30d&step=1s', 'request.invalid', '/step'],
    ['limit=501', 'request.invalid', '/limit'],
    ['cursor=made-up', 'cursor.invalid', 'cursor'],
  ])('refuses %s', async (search, code, named) => {
    const { status, body } = await ask(await opened(), showClusterMetrics, `/cluster-metrics/west-1?${search}`)
    expect([status, body.code]).toEqual([400, code])
    expect(JSON.stringify(body)).toContain(named)
  })

  it.each([
    ['a cluster that is not there', 'nowhere-1', 404, 'cluster.not_found'],
    ['a cluster without a controller', 'bare-1', 409, 'cluster.no_controller'],
  ])('refuses %s', async (_, id, status, code) => {
    const w = await opened()
    const before = w.snapshot()
    expect(await ask(w, showClusterMetrics, `/cluster-metrics/${id}`)).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual(before)
  })

  it('is 404 out of the caller’s scope', async () => {
    const w = await opened({ id: 'v', role: 'viewer', clusters: ['bare-1'] })
    expect((await ask(w, showClusterMetrics, '/cluster-metrics/west-1')).status).toBe(404)
  })

  it('is 503 while the database is down, and says no address', async () => {
    const w = await opened(admin, () => 'http://127.0.0.1:1')
    const { status, body } = await ask(w, showClusterMetrics, '/cluster-metrics/west-1')
    expect([status, body.code]).toEqual([503, 'metrics.unavailable'])
    expect(JSON.stringify(body)).not.toContain('127.0.0.1')
  })
})

describe('GET /cluster-metrics/node/{cluster_id}/{node_id}', () => {
  it('gives the node’s document, alone in a list', async () => {
    const { body } = await ask(await opened(), showNodeMetrics, `/cluster-metrics/node/west-1/${cpuNode.id}`)
    expect(body.data).toMatchObject({ success: true, data: [{ nodeId: cpuNode.id, type: 'hardware' }] })
  })

  it('defect 89: is 404 for a node that is not there', async () => {
    const { status, body } = await ask(await opened(), showNodeMetrics, '/cluster-metrics/node/west-1/nobody')
    expect([status, body.code]).toEqual([404, 'node.not_found'])
  })
})

describe('POST /cluster-metrics/{cluster_id}/node/query', () => {
  it.each([
    { query: { variable: 'gpus.temperature', operator: '>=', value: '60' } },
    { 'metrics.resource.node.gpu.count': 2 },
  ])('finds by %j', async (query) => {
    const { body } = await ask(await opened(), findNodeMetrics, '/cluster-metrics/west-1/node/query', query)
    expect(body.data.data.map(({ nodeId }: { nodeId: string }) => nodeId)).toEqual([largeNode.id])
    expect(body.next_cursor).toBeNull()
  })

  it('refuses an operator that is not on the list', async () => {
    const w = await opened()
    const { status, body } = await ask(w, findNodeMetrics, '/cluster-metrics/west-1/node/query', { $where: '1' })
    expect([status, body.code]).toEqual([400, 'query.unknown_operator'])
  })
})

describe('POST /cluster-metrics/{cluster_id}/query', () => {
  it('refuses a viewer', async () => {
    const w = await opened({ id: 'v', role: 'viewer', clusters: '*' })
    const { status, body } = await ask(w, askMetrics, '/cluster-metrics/west-1/query', { query: 'up' })
    expect([status, body.code]).toEqual([403, 'auth.forbidden'])
  })

  it('says so where the database is a simulated one, which knows no PromQL', async () => {
    const { body } = await ask(await opened(), askMetrics, '/cluster-metrics/west-1/query', { query: 'up' })
    expect(body.code).toBe('metrics.unavailable')
  })
})
