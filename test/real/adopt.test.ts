import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { eventually, type Product, startProduct, temporaryFolder } from '../e2e/product.ts'
import { plainClient } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const id = 'adopted-1'
const name = 'adopted-worker-1'
const pods = '/api/v1/namespaces/default/pods'
const apps = '/apis/apps/v1/namespaces/default/deployments'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const folder = temporaryFolder()
const plain: Client = plainClient()
let product: Product
const secondsMax = 40

/** The product on this control plane; the first start's key serves later ones. */
const start = (): Product => {
  const file = join(folder.path, 'kubeconfig')
  writeFileSync(file, realCluster().kubeconfig)
  return startProduct(join(folder.path, 'data'), '--kubeconfig', file, '--cluster-id', id, '--insecure')
}
const data = async (method: string, path: string, body?: unknown) =>
  ((await product.call(method, path, body)).body as { data: Record<string, never> }).data
const task = async (taskId: string) => data('GET', `/tasks/${taskId}`)
const until = async (taskId: string, claim: (text: string) => boolean): Promise<void> => {
  const holds = await eventually(async () => claim(JSON.stringify(await task(taskId))), secondsMax)
  expect(holds, JSON.stringify(await task(taskId))).toBe(true)
}
const isCompleted = (text: string): boolean => text.includes('"task_status":"completed"')
const listed = async (): Promise<string[]> =>
  ((await data('GET', `/clusters/read/${id}`)).nodes as unknown as { nodeData: { id: string }[] }).nodeData.map(
    (node) => node.id,
  )

beforeAll(async () => {
  if (!realCluster().hasControllers) return
  product = start()
  await product.ready
})
afterAll(async () => {
  await product?.kill()
  for (const path of [`${apps}/held`, `${budgets}/held`, `/api/v1/nodes/${name}`]) await plain.remove(path)
  plain.close()
  folder.remove()
})

describeWithControllers('node life on an adopted cluster', () => {
  it('begins with the nodes that Kubernetes has', async () => {
    const found = (await plain.get('/api/v1/nodes')).body.items.map(
      ({ metadata }: { metadata: { name: string; labels: { nodeID?: string } } }) =>
        metadata.labels.nodeID ?? metadata.name,
    )
    expect((await listed()).sort()).toEqual(found.sort())
  })

  it('goes on with a machine that joins, recorded once its node is ready', async () => {
    const config = { 'config.localNetworkHostName': '10.0.0.10', 'config.certHash': 'a'.repeat(64) }
    expect((await product.call('PATCH', `/clusters/update/${id}`, config)).status).toBe(200)
    const joined = (await product.call('POST', `/join-node/${id}`, { node_data: { id: name } })).body as {
      task_id: string
      result: { join: { token: string } }
    }
    const status = { capacity: { cpu: '4', memory: '16Gi', pods: '110' } }
    await plain.post('/api/v1/nodes', { metadata: { name, labels: { 'kubernetes.io/os': 'linux' } }, status })
    await until(joined.task_id, isCompleted)
    expect(await listed()).toContain(name)
    expect((await plain.get(`/api/v1/nodes/${name}`)).body.metadata.labels.nodeID).toBe(name)
    const secret = joined.result.join.token.split('.')[1] ?? ''
    expect(JSON.stringify(await task(joined.task_id))).not.toContain(secret)
  })

  it('ends politely: a budget holds it up, gateway and controller are killed meanwhile, and it comes to its end', async () => {
    const labels = { app: 'held' }
    const template = {
      metadata: { labels },
      spec: { nodeSelector: { nodeID: name }, containers: [{ name: 'c', image: 'example/none:1' }] },
    }
    await plain.post(budgets, {
      metadata: { name: 'held' },
      spec: { minAvailable: 2, selector: { matchLabels: labels } },
    })
    await plain.post(apps, {
      metadata: { name: 'held' },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    })
    const isRunning = async (): Promise<boolean> =>
      (await plain.get(`${pods}?labelSelector=app%3Dheld`)).body.items.filter(
        ({ status }: { status: { phase: string } }) => status.phase === 'Running',
      ).length === 2
    expect(await eventually(isRunning, secondsMax)).toBe(true)

    const path = `/nodes/remove-node-from-cluster/${id}/${name}`
    const taskId = String((await data('DELETE', path)).task_id)
    await until(taskId, (text) => text.includes('held by PodDisruptionBudget held'))
    await product.kill()
    expect((await plain.get(`/api/v1/nodes/${name}`)).body.spec.unschedulable).toBe(true)
    await plain.remove(`${budgets}/held`)
    product = start()
    await product.ready
    await until(taskId, isCompleted)
    expect(await listed()).not.toContain(name)
    expect((await plain.get(`/api/v1/nodes/${name}`)).status).toBe(404)
  }, 120_000)
})
