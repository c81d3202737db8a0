import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answer } from '../../packages/kube/contract/client.ts'
import { eventually, type Product, type Ready, root, startProduct, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
/** Longest time that the infrastructure takes to be built. */
const buildSecondsMax = 90
const clusterId = 'cluster-west-vision-001'
let product: Product
let ready: Ready

beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  ready = await product.ready
  const document = readFileSync(join(root, 'packages/local/src/tour/cluster-west-vision-001.json'), 'utf8')
  await product.call('POST', '/clusters/create', JSON.parse(document))
  const kubeconfig = readFileSync(ready.kubeconfig, 'utf8')
  await product.call('POST', '/create-cluster-infra', { cluster_id: clusterId, kube_config_data: kubeconfig })
}, 60_000)
afterAll(async () => {
  await product.kill()
  folder.remove()
})

const read = async (path: string, body?: unknown) => {
  const reply = await product.call(body === undefined ? 'GET' : 'POST', path, body)
  return { status: reply.status, body: reply.body as Answer['body'] }
}

it('answers with the metrics of the simulated nodes, through gateway, controller and a simulated database', async () => {
  const isThere = async (): Promise<boolean> => (await read(`/cluster-metrics/${clusterId}`)).status === 200
  expect(await eventually(isThere, buildSecondsMax)).toBe(true)
  const { body } = await read(`/cluster-metrics/${clusterId}?range=10m&step=60s`)
  const { cluster_metrics: cluster, node_metrics: nodes, history } = body.data.data
  expect(cluster).toMatchObject({ nodes: { reporting: 3, stale: 0 }, gpu: { count: 16 } })
  expect(cluster.memory.freeMem + cluster.memory.usedMem).toBeCloseTo(896 * 1024)
  expect(nodes.map(({ id }: { id: string }) => id)).toEqual(['gpu-node-1', 'gpu-node-2', 'gpu-node-3'])
  expect(nodes[0].gpus).toHaveLength(8)
  expect(history).toHaveLength(11)

  const node = await read(`/cluster-metrics/node/${clusterId}/gpu-node-2`)
  expect(node.body.data.data).toMatchObject([{ nodeId: 'gpu-node-2', clusterId }])
  expect((await read(`/cluster-metrics/node/${clusterId}/nobody`)).status).toBe(404)
  const query = { variable: 'gpu.count', operator: '>', value: '5' }
  const found = await read(`/cluster-metrics/${clusterId}/node/query`, { query })
  expect(found.body.data.data).toMatchObject([{ nodeId: 'gpu-node-1' }])
}, 120_000)
