import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestCluster, type TestCluster } from '@gridgate/local/kube/test-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { eventually, type Product, startProduct, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
let cluster: TestCluster
let file: string

/** A kubeconfig as minikube writes it: the authority in a file beside it, two contexts. */
beforeAll(async () => {
  cluster = await startTestCluster()
  mkdirSync(join(folder.path, 'kube'))
  const config = parse(cluster.cluster.kubeconfig())
  writeFileSync(
    join(folder.path, 'kube/ca.crt'),
    Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64'),
  )
  config.clusters[0].cluster['certificate-authority'] = 'ca.crt'
  delete config.clusters[0].cluster['certificate-authority-data']
  config.contexts.push(
    { name: 'Admin@Home', context: config.contexts[0].context },
    { name: 'cloud', context: { cluster: 'c', user: 'cloud' } },
  )
  config.clusters.push({ name: 'c', cluster: { server: 'https://cloud.example.com' } })
  config.users.push({ name: 'cloud', user: { exec: { command: 'aws' } } })
  config['current-context'] = 'cloud'
  file = join(folder.path, 'kube/config')
  writeFileSync(file, stringify(config))
})
afterAll(async () => {
  await cluster.stop()
  folder.remove()
})

const adopting = (data: string, ...options: string[]): Product =>
  startProduct(join(folder.path, data), '--kubeconfig', file, ...options)
const controllerOf = async (product: Product, id: string): Promise<Record<string, unknown>> =>
  ((await product.call('GET', `/clusters/${id}/controller`)).body as { data: Record<string, unknown> }).data

describe('npm start -- --kubeconfig', () => {
  it('adopts the cluster: registered, its controller beside the gateway, live; nothing is installed in it', async () => {
    const before = await names(cluster)
    const product = adopting('data', '--context', 'Admin@Home')
    const ready = await product.ready
    expect(ready).toMatchObject({ adopted: { clusterId: 'admin-home', context: 'Admin@Home' } })
    const read = await product.call('GET', '/clusters/read/admin-home')
    const nodes = (await cluster.client.get('/api/v1/nodes')).body.items.length
    expect(read).toMatchObject({
      status: 200,
      body: { data: { nodes: { count: nodes }, config: { urlMap: expect.any(Object) } } },
    })
    expect(await eventually(async () => (await controllerOf(product, 'admin-home')).state === 'live')).toBe(true)
    const rotated = await product.call('POST', '/clusters/admin-home/controller-key/rotate')
    expect(rotated).toMatchObject({ status: 200, body: { data: { next_key: { kty: 'OKP' } } } })
    expect(await names(cluster)).toEqual(before)
    await product.interrupt()

    const again = adopting('data', '--insecure', '--context', 'Admin@Home')
    await again.ready
    expect((await controllerOf(again, 'admin-home')).enrolled).toBe(true)
    expect(await again.call('DELETE', '/clusters/delete/admin-home')).toMatchObject({ status: 200 })
    await again.interrupt()
    const logged = readFileSync(join(folder.path, 'data/gridgate.log'), 'utf8')
    expect(logged).not.toContain(cluster.cluster.adminToken)
  })

  it.each([
    ['the current context runs a program', [], 'programs are never run'],
    ['the context is not there', ['--context', 'other'], 'has no context other; it has'],
    ['the id cannot be one', ['--context', 'Admin@Home', '--cluster-id', 'A_B'], 'give one with --cluster-id'],
  ])('says in one line why not when %s', async (_, options, reason) => {
    const product = adopting('refused', ...options)
    expect(await product.ended).toMatchObject({ code: 1 })
    expect(product.errors()).toContain(reason)
    expect(product.errors().trim().split('\n')).toHaveLength(1)
  })
})

/** Everything in the cluster that could be the product's. */
async function names({ client }: TestCluster): Promise<string[]> {
  const found: string[] = []
  for (const path of ['/api/v1/namespaces', '/api/v1/pods', '/api/v1/secrets', '/apis/apps/v1/deployments'])
    found.push(...(await client.get(path)).body.items.map((one: { metadata: { name: string } }) => one.metadata.name))
  return found.sort()
}
