import { readFile } from 'node:fs/promises'
import { openDataFolder } from '@gridgate/local/data-folder'
import { startProduct } from '@gridgate/local/start-product'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { countedOf, creationRequestsMax } from './audit-log.ts'
import { auditedOf, makeGateway, plainClient } from './installation.ts'
import { played } from './played-cluster.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'
import { until } from './shipped-product.ts'

vi.mock('@gridgate/local/start-cluster', () => import('./played-cluster.ts'))

const gateway = { namespace: 'default', name: 'counted' }
const environment = { ...process.env }

/** The same cluster in every mode, under a name of its own; the last mode needs a configured Gateway. */
const modes = [
  { id: 'counted-ports', useGateway: false },
  { id: 'counted-mapping', useGateway: true },
  { id: 'counted-route', useGateway: true, gateway },
] as const

let plain: Client
let removeGateway: () => Promise<void>

beforeAll(async () => {
  plain = plainClient()
  played.ingress = realCluster().url // nothing of the infrastructure answers there
  removeGateway = await makeGateway(plain, gateway.name)
})
afterAll(async () => {
  await removeGateway()
  plain.close()
  process.env = environment
})

/** The product on a folder of its own, with the cluster registered. */
async function startWith({ id, useGateway, ...configured }: (typeof modes)[number]) {
  const folder = temporaryFolder()
  // The last start pointed the AWS clients of this process at services of its own.
  process.env = { ...environment }
  if ('gateway' in configured)
    process.env.GRIDGATE_INFRA_CONFIG = JSON.stringify({ gatewayUrl: 'https://gateway.example.net', ...configured })
  const data = openDataFolder(folder.path)
  const product = await startProduct({
    folder: data,
    host: '127.0.0.1',
    port: 0,
    insecure: false,
    newKey: false,
    adopt: null,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const call = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
    const response = await fetch(product.url + path, {
      method,
      headers: { authorization: `Bearer ${product.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(response.status).toBe(200)
    return ((await response.json()) as { data: unknown }).data
  }
  const document = new URL('../../packages/local/src/tour/cluster-west-vision-001.json', import.meta.url)
  const cluster = JSON.parse(await readFile(document, 'utf8')) as { config: object }
  await call('POST', '/clusters/create', { ...cluster, id, config: { ...cluster.config, useGateway } })
  return {
    /** Runs an infra task to its end. */
    async run(path: string): Promise<void> {
      const { task_id } = await call('POST', path, { cluster_id: id, kube_config_data: realCluster().kubeconfig })
      const task = await until(`the end of ${path}`, async () => {
        const found = await call('GET', `/tasks/${task_id}`)
        return ['completed', 'failed', 'cancelled'].includes(found.task_status) ? found : null
      })
      expect(task).toMatchObject({ task_status: 'completed' })
    },
    async stop(): Promise<void> {
      await product.stop()
      data.release()
      folder.remove()
    },
  }
}

describeWithControllers('the creation of an infrastructure, by the audit log', () => {
  it.each(modes)(`asks the API server at most ${creationRequestsMax} times: $id`, async (mode) => {
    const product = await startWith(mode)
    try {
      const before = auditedOf('gridgate').length
      await product.run('/create-cluster-infra')
      const counted = countedOf(auditedOf('gridgate').slice(before))
      expect(counted.length, counted.join('\n')).toBeLessThanOrEqual(creationRequestsMax)
    } finally {
      await product.run('/remove-cluster-infra')
      await product.stop()
    }
  }, 150_000)
})
