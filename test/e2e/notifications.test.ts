import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startTestCluster, type TestCluster } from '@gridgate/local/kube/test-cluster'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { eventually, type Product, startProduct, temporaryFolder } from './product.ts'

/** Workflow, queue and function on a busy machine, in seconds. */
const toldSecondsMax = 60
const label = 'eks.amazonaws.com/nodegroup'
const key = Buffer.from('k'.repeat(32))
const folder = temporaryFolder()

interface Posted {
  headers: IncomingHttpHeaders
  text: string
}
let posted: Posted[]
let server: Server
let cluster: TestCluster
let product: Product

beforeAll(async () => {
  posted = []
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    posted.push({ headers: request.headers, text })
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cluster = await startTestCluster()
  const node = (await cluster.client.get('/api/v1/nodes')).body.items[0]
  await cluster.client.patch(`/api/v1/nodes/${node.metadata.name}`, { metadata: { labels: { [label]: 'pool-a' } } })
  const kubeconfig = join(folder.path, 'kubeconfig')
  writeFileSync(kubeconfig, cluster.cluster.kubeconfig())
  const { port } = server.address() as AddressInfo
  vi.stubEnv('GRIDGATE_OUTBOUND_LOCAL', `127.0.0.1:${port}`)
  vi.stubEnv('GRIDGATE_NOTIFY_URLS', `http://127.0.0.1:${port}/hook`)
  vi.stubEnv('GRIDGATE_NOTIFY_SECRET', `whsec_${key.toString('base64')}`)
  product = startProduct(join(folder.path, 'data'), '--kubeconfig', kubeconfig, '--cluster-id', 'west-1')
  await product.ready
})
afterAll(async () => {
  await product?.interrupt()
  await cluster.stop()
  await new Promise((resolve) => server.close(resolve))
  folder.remove()
})

it('a server is told that an action begins and how it ended, in signed CloudEvents', { timeout: 90_000 }, async () => {
  const order = { id: 'a-1', requestor: 'me', reason: 'hot', type: 'cordon_nodepool', node_pool: 'pool-a' }
  const asked = await product.call('POST', '/actions', order, { prefer: 'wait=0' })
  expect([asked.status, asked.body]).toMatchObject([202, { id: 'a-1' }])
  // What is delivered twice has the same id.
  const news = () => [...new Map(posted.map(({ headers, text }) => [headers['webhook-id'], text])).values()]
  expect(await eventually(() => news().length === 2, toldSecondsMax)).toBe(true)
  for (const { headers, text } of posted) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
    const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    const given = [headers['webhook-signature'], headers['content-type']]
    expect(given).toEqual([signature, 'application/cloudevents+json'])
    expect(JSON.parse(text)).toMatchObject({ id: headers['webhook-id'], source: '/gridgate/clusters/west-1' })
  }
  const told = news()
    .map((text) => JSON.parse(text))
    .map(({ type, data }) => `${type} ${data.id} ${data.state}`)
  expect(told.sort()).toEqual(['io.gridgate.action.accepted a-1 accepted', 'io.gridgate.action.ended a-1 succeeded'])

  const { url, key: bearer } = await product.ready
  const isCounted = async (): Promise<boolean> => {
    const scraped = await fetch(`${url}/failover/metrics`, { headers: { authorization: `Bearer ${bearer}` } })
    const lines = (await scraped.text()).split('\n')
    const ended = 'gridgate_actions_total{cluster_id="west-1",type="cordon_nodepool",state="succeeded"} 1'
    return [ended, 'gridgate_action_step_seconds_count{step="CordonPool"} 1'].every((line) => lines.includes(line))
  }
  expect(await eventually(isCounted, toldSecondsMax)).toBe(true)
})
