import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClient } from '@gridgate/kube/client'
import { controllerPublicKey } from '@gridgate/kube/controller-identity'
import { sanitise } from '@gridgate/kube/kubeconfig'
import { type SimulatedCluster, startSimulatedCluster } from '@gridgate/local/kube/cluster'
import { importJWK, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ControllerRole } from './apps.ts'
import { secretIdentityStore } from './identity/identity-store.ts'
import { openMetricsDatabase } from './metrics/database.ts'
import { podClient } from './pod-client.ts'
import { readSettings } from './settings.ts'
import { type RunningController, startController } from './start-controller.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-controller-'))
const environment = {
  CLUSTER_ID: 'west-1',
  PUBLIC_HOSTNAME: 'west-1.example.com',
  GRIDGATE_EXPOSURE: 'mapping',
  GRIDGATE_GATEWAY_URL: 'http://127.0.0.1:9', // nobody listens there
  GRIDGATE_GATEWAY_KEYS_FILE: '/keys',
}
const namespace = 'controllers'
const nonce = 'a-nonce-of-one-question'
let cluster: SimulatedCluster
const running: RunningController[] = []

async function start(role: ControllerRole = 'controller'): Promise<RunningController> {
  const kube = podClient(() => ({ url: cluster.url, ca: cluster.caPem, token: () => cluster.adminToken }))
  const controller = await startController({
    role,
    settings: readSettings(environment),
    version: '0.0.0',
    kube,
    database: openMetricsDatabase(() => null),
    identityStore: secretIdentityStore(kube, 'west-1'),
    gatewayKeys: () => null,
    host: '127.0.0.1',
    listenOn: () => 0,
    log: { info() {}, warn() {}, error() {} },
  })
  running.push(controller)
  return controller
}

const get = async (controller: RunningController, port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${controller.ports[port]}${path}`)
  return { status: response.status, body: (await response.json()) as { data: Record<string, string> } }
}
const ready = (controller: RunningController): Promise<void> =>
  vi.waitFor(() => expect(controller.isReady()).toBe(true), 10_000)

beforeAll(async () => {
  cluster = await startSimulatedCluster({ folder, port: 0, images: () => null, inMemory: true })
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((controller) => controller.stop()))
})
afterAll(async () => {
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('the controller', () => {
  it('is alive and not ready until its Secret and ConfigMap are there; then it publishes its key', async () => {
    const controller = await start()
    expect((await get(controller, 4000, '/healthz')).status).toBe(200)
    expect((await get(controller, 4000, '/readyz')).status).toBe(503)
    expect((await get(controller, 4000, `/identity?nonce=${nonce}`)).status).toBe(503)

    const client = openClient(sanitise(cluster.kubeconfig()), { checkAddress: () => undefined })
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'west-1-controller-key', namespace } })
    await client.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'west-1-controller-identity', namespace },
    })
    await ready(controller)
    expect((await get(controller, 10_000, '/readyz')).status).toBe(200)
    expect(await controllerPublicKey(client, 'west-1')).toMatchObject({ kty: 'OKP', crv: 'Ed25519' })
    client.close()
  })

  it('proves who it is, for one question, with a key that outlives it', async () => {
    const first = await start()
    await ready(first)
    const { data } = (await get(first, 4000, `/identity?nonce=${nonce}`)).body
    const key = await importJWK(data.public_key as never, 'EdDSA')
    const { payload } = await jwtVerify(data.statement ?? '', key, { issuer: 'west-1', audience: 'gridgate' })
    expect(payload).toMatchObject({ nonce })
    expect(JSON.stringify(data)).not.toContain('"d"')
    await first.stop()

    const second = await start()
    await ready(second)
    expect((await get(second, 4000, `/identity?nonce=${nonce}`)).body.data.public_key).toEqual(data.public_key)
  })

  it('refuses a question without a proper nonce, and paths it does not have', async () => {
    const controller = await start()
    await ready(controller)
    expect((await get(controller, 4000, '/identity?nonce=short')).status).toBe(400)
    expect((await get(controller, 4000, '/executeAction')).status).toBe(404)
  })

  it('tells how its cluster is reached', async () => {
    const { body } = await get(await start(), 4000, '/url-map')
    expect(body.data.controllerService).toBe('http://west-1.example.com:32000/controller')
  })

  it('has no identity in the metrics reader, which is ready at once', async () => {
    const reader = await start('metrics-reader')
    expect([reader.isReady(), Object.keys(reader.ports)]).toEqual([true, ['5000']])
    expect((await get(reader, 5000, '/readyz')).status).toBe(200)
  })
})

describe('its settings', () => {
  it('name what is missing', () => {
    expect(() => readSettings({ CLUSTER_ID: 'west-1' })).toThrow('PUBLIC_HOSTNAME')
  })
})
