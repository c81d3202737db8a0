import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { KubeClient } from '@gridgate/kube/client'
import { openDataFolder } from '@gridgate/local/data-folder'
import type { SimulatedCluster } from '@gridgate/local/start-cluster'
import { type Product, startProduct } from '@gridgate/local/start-product'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { adapterOf, labelled, plainClient } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

/** The whole product, with the real control plane in the place of the simulated cluster. No container runs there, so nothing answers behind its ingress. */
vi.mock('@gridgate/local/start-cluster', () => ({
  async startCluster(): Promise<SimulatedCluster> {
    const { url, kubeconfig } = realCluster()
    const nothing = createServer((_request, response) => response.writeHead(503).end())
    await new Promise<void>((resolve) => nothing.listen(0, '127.0.0.1', resolve))
    const ingress = `http://127.0.0.1:${(nothing.address() as AddressInfo).port}`
    return {
      url,
      kubeconfig,
      ingress,
      async stop() {
        nothing.closeAllConnections()
        nothing.close()
      },
    }
  },
}))

const finishSecondsMax = 120
const id = 'cluster-west-vision-001'
let folder: ReturnType<typeof temporaryFolder>
let product: Product
let client: KubeClient
let plain: Client

interface Task {
  task_status: string
  task_status_data: {
    error?: string
    code?: string
    controller?: string
    left_behind?: string[]
    steps?: { name: string; status: string; detail: string | null }[]
  }
}

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
  const response = await fetch(product.url + path, {
    method,
    headers: { authorization: `Bearer ${product.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as never }
}

/** Starts an infra task and answers how it ended. */
async function run(path: string): Promise<Task> {
  const order = { cluster_id: id, kube_config_data: realCluster().kubeconfig }
  const started = await call('POST', path, order)
  expect(started).toMatchObject({ status: 200 })
  const { task_id } = (started.body as { data: { task_id: string } }).data
  for (let second = 0; second < finishSecondsMax * 2; second++) {
    const { data } = (await call('GET', `/tasks/${task_id}`)).body as { data: Task }
    if (['completed', 'failed', 'cancelled'].includes(data.task_status)) return data
    await delay(500)
  }
  throw new Error(`task ${task_id} did not end within ${finishSecondsMax} s`)
}

beforeAll(async () => {
  folder = temporaryFolder()
  client = adapterOf(realCluster().kubeconfig)
  plain = plainClient()
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  product = await startProduct({
    folder: openDataFolder(folder.path),
    host: '127.0.0.1',
    port: 0,
    insecure: false,
    newKey: false,
    adopt: null,
    log,
  })
  const document = new URL('../../packages/local/src/tour/cluster-west-vision-001.json', import.meta.url)
  const cluster = JSON.parse(await readFile(document, 'utf8')) as { config: object }
  cluster.config = { ...cluster.config, useGateway: false }
  expect(await call('POST', '/clusters/create', cluster)).toMatchObject({ status: 200 })
})
afterAll(async () => {
  await product.stop()
  client.close()
  plain.close()
  folder.remove()
})

describeWithControllers('the whole product on a real control plane', () => {
  it('builds the infrastructure of a cluster; a controller that does not answer is a warning', async () => {
    const task = await run('/create-cluster-infra')
    expect(task).toMatchObject({ task_status: 'completed', task_status_data: { controller: 'unreachable' } })
    expect(task.task_status_data.steps?.filter(({ status }) => status !== 'succeeded')).toEqual([])
    expect(await labelled(plain, client, id)).not.toEqual([])
    const { items } = (await plain.get('/api/v1/pods?labelSelector=app.kubernetes.io/part-of%3Dgridgate-infra')).body
    expect(items.map((pod: { status: { phase: string } }) => pod.status.phase)).not.toContain('Pending')
  }, 150_000)

  it('changes nothing when it is asked again', async () => {
    const task = await run('/create-cluster-infra')
    expect(task.task_status).toBe('completed')
    const written = task.task_status_data.steps?.filter(({ detail }) => /\b(created|changed) \d/.test(detail ?? ''))
    expect(written).toEqual([])
  }, 150_000)

  it('removes it and leaves nothing that carries its label', async () => {
    const task = await run('/remove-cluster-infra')
    expect(task).toMatchObject({ task_status: 'completed' })
    expect(await labelled(plain, client, id)).toEqual([])
  }, 150_000)
})
