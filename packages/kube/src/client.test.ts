import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import { type SimulatedCluster, startSimulatedCluster } from '@gridgate/local/kube/cluster'
import { plainProgram } from '@gridgate/local/kube/programs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyAll } from './apply.ts'
import { type ClientPorts, type KubeClient, openClient } from './client.ts'
import { defaultImages, type Exposure, type InfraConfig } from './components/infra-config.ts'
import { objectsFor } from './components/objects-for.ts'
import { requireNoTenants } from './foreign-objects.ts'
import { kinds, objectPath } from './kinds.ts'
import { sanitise } from './kubeconfig.ts'
import { type KubernetesObject, referenceOf } from './object.ts'
import { ownerLabels } from './ownership.ts'
import { preflight } from './preflight.ts'
import { checkReadiness } from './readiness.ts'
import { removeOwned } from './remove-owned.ts'
import { openTransport, resolveByDns } from './transport.ts'

/** The client and what stands on it, against the simulated cluster: HTTPS, field managers, admission, rights, controllers. */
const folder = mkdtempSync(join(tmpdir(), 'gridgate-client-'))
const lines: string[] = []
const defects: unknown[] = []
const pauses: number[] = []
const clientPorts: ClientPorts = { checkAddress: () => undefined, pause: async (ms) => void pauses.push(ms) }
let cluster: SimulatedCluster
let client: KubeClient

beforeAll(async () => {
  cluster = await startSimulatedCluster({
    folder,
    port: 0,
    inMemory: true,
    images: () => plainProgram,
    onRequest: ({ method, path }) => void lines.push(`${method} ${path}`),
    onError: (error) => void defects.push(error),
  })
  client = openClient(sanitise(cluster.kubeconfig()), clientPorts)
})

beforeEach(() => {
  cluster.setFaults(undefined)
  lines.length = 0
  pauses.length = 0
})

afterAll(async () => {
  client.close()
  await cluster.stop()
  rmSync(folder, { recursive: true })
  expect(defects).toEqual([])
})

/** Applies an object under another name than ours. */
async function appliedBy(manager: string, object: KubernetesObject): Promise<void> {
  const transport = openTransport(sanitise(cluster.kubeconfig('admin-token')), () => undefined, resolveByDns)
  const path = `${objectPath(referenceOf(object))}?fieldManager=${manager}`
  const body = JSON.stringify(object)
  const signal = new AbortController().signal
  const { status } = await transport.send({
    method: 'PATCH',
    path,
    body,
    signal,
    contentType: 'application/apply-patch+yaml',
  })
  transport.close()
  expect(status).toBeLessThan(300)
}

const configMap = (name: string, data: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
const reference = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' })

describe('the client', () => {
  it('reads what it wrote, and null for what is not there', async () => {
    const written = await client.apply(configMap('a', { x: '1' }))
    expect(await client.get(reference('a'))).toEqual(written)
    expect(await client.get(reference('nothing'))).toBeNull()
  })

  it('makes an object once, by its name', async () => {
    expect(await client.create(configMap('made', { x: 'first' }))).toBe(true)
    expect(await client.create(configMap('made', { x: 'second' }))).toBe(false)
    expect(await client.get(reference('made'))).toMatchObject({ data: { x: 'first' } })
    await expect(client.create(configMap('No Name', {}))).rejects.toMatchObject({ code: 'kube.failed' })
  })

  it('tells whoever paces changes itself of every refusal, at once', async () => {
    await client.apply(configMap('paced', { x: '1' }))
    cluster.setFaults(({ method, attempt }) =>
      method === 'PATCH' && attempt === 1 ? { kind: 'status', status: 429, retryAfterSeconds: 2 } : null,
    )
    const change = { data: { x: '2' } }
    await expect(client.merge(reference('paced'), change, { isPaced: true })).rejects.toMatchObject({
      code: 'kube.throttled',
      retryAfterSeconds: 2,
    })
    expect([pauses, (await client.get(reference('paced')))?.data]).toEqual([[], { x: '1' }])
    expect(await client.merge(reference('paced'), change)).toMatchObject(change)
  })

  it('reports the manager and field that an apply would take away, and changes nothing', async () => {
    await appliedBy('helm', configMap('shared', { x: 'theirs' }))
    await expect(client.apply(configMap('shared', { x: 'ours' }))).rejects.toMatchObject({
      code: 'kube.conflict',
      details: { conflicts: [{ manager: 'helm', field: '.data.x' }] },
    })
    expect(await client.get(reference('shared'))).toMatchObject({ data: { x: 'theirs' } })
    expect(await client.apply(configMap('shared', { x: 'ours' }), { force: true })).toMatchObject({
      data: { x: 'ours' },
    })
  })

  it('writes as new only what is not there, and leaves what is', async () => {
    const written = await client.apply(configMap('new', { x: '1' }), { isNew: true })
    const again = client.apply(configMap('new', { x: '2' }), { isNew: true, force: true })
    await expect(again).rejects.toMatchObject({ code: 'kube.conflict', details: { conflicts: [] } })
    expect(await client.get(reference('new'))).toEqual(written)
    expect(await client.apply(configMap('new', { x: '1' }))).toEqual(written)
  })

  it('merges a label without touching the rest', async () => {
    await client.apply(configMap('merged', { x: '1' }))
    await client.merge(reference('merged'), { metadata: { labels: { added: 'yes' } } })
    expect(await client.get(reference('merged'))).toMatchObject({
      data: { x: '1' },
      metadata: { labels: { added: 'yes' } },
    })
  })

  it('removes the object of that UID and never its successor', async () => {
    const { metadata } = await client.apply(configMap('gone', {}))
    await expect(client.remove(reference('gone'), { uid: 'of-another' })).rejects.toMatchObject({
      code: 'kube.conflict',
    })
    expect(await client.get(reference('gone'))).not.toBeNull()
    expect(await client.remove(reference('gone'), { uid: metadata.uid ?? '' })).toBe(true)
    expect(await client.remove(reference('gone'), { uid: metadata.uid ?? '' })).toBe(false)
  })

  it('lists page by page, by label', async () => {
    const labelled = (index: number) => ({ name: `page-${index}`, namespace: 'default', labels: { set: 'pages' } })
    const writes = Array.from({ length: 205 }, (_, index) =>
      client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: labelled(index) }),
    )
    await Promise.all(writes)
    lines.length = 0
    expect(await client.list(kinds.configMap, { labels: { set: 'pages' } })).toHaveLength(205)
    expect(lines.filter((line) => line.startsWith('GET'))).toHaveLength(2)
  })

  it('knows the version and what is served', async () => {
    expect((await client.version()).major).toBe(1)
    expect(await client.serves(kinds.deployment)).toBe(true)
    expect(await client.serves({ apiVersion: 'example.net/v1', kind: 'Gizmo' })).toBe(false)
    const served = await client.resources()
    expect(served).toContainEqual(
      expect.objectContaining({ apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true }),
    )
    expect(served.every(({ plural }) => !plural.includes('/'))).toBe(true)
  })

  it('tries again after a cut connection and a busy server', async () => {
    cluster.setFaults(({ attempt }) => {
      if (attempt === 1) return { kind: 'cut' }
      return attempt === 2 ? { kind: 'status', status: 429, retryAfterSeconds: 1 } : null
    })
    expect(await client.get(reference('nothing'))).toBeNull()
    expect(pauses).toEqual([100, 1000])
  })

  it.each([
    [403, 'kube.forbidden'],
    [500, 'kube.failed'],
    [503, 'kube.unreachable'],
  ] as const)('translates %i', async (status, code) => {
    cluster.setFaults(() => ({ kind: 'status', status }))
    await expect(client.apply(configMap('a', {}))).rejects.toMatchObject({ code })
  })

  it('names the field of an object that is not valid', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'bad', namespace: 'default' },
      spec: { ports: [{ port: 0 }] },
    }
    await expect(client.apply(service)).rejects.toMatchObject({ code: 'kube.failed', details: { status: 422 } })
  })

  it('says that a wrong token is not accepted', async () => {
    const wrong = cluster.kubeconfig('admin-token').replace(cluster.adminToken, 'wrong')
    const stranger = openClient(sanitise(wrong), clientPorts)
    await expect(stranger.get(reference('a'))).rejects.toMatchObject({ code: 'kube.unauthorized' })
    stranger.close()
  })

  it('does not connect to a refused address', async () => {
    const refused = openClient(sanitise(cluster.kubeconfig()), {
      checkAddress: () => {
        throw new GridError('address.refused', 'loopback')
      },
    })
    await expect(refused.version()).rejects.toMatchObject({ code: 'address.refused' })
    expect(lines).toEqual([])
  })
})

describe('the infrastructure on a cluster', () => {
  const config: InfraConfig = {
    images: defaultImages,
    storage: { kind: 'ephemeral', gibibytesMax: 1 },
    retentionDays: 7,
    gatewayKeys: [],
    gatewayUrl: 'https://gateway.example.net',
    services: {},
    gpuNodeLabel: { 'nvidia.com/gpu.present': 'true' },
  }
  const details = {
    id: 'west-1',
    publicHostname: 'west-1.example.net',
    publicScheme: 'http' as const,
    collectIntervalSeconds: 30,
  }
  const options = { clusterId: 'west-1', identity: null, useGateway: false }
  const everything = (exposure: Exposure) =>
    objectsFor({ ...details, exposure }, config).flatMap(({ objects }) => objects)

  async function create(exposure: Exposure): Promise<void> {
    const applied = await applyAll(client, 'west-1', everything(exposure))
    expect(applied.every(({ outcome }) => outcome === 'created')).toBe(true)
    await cluster.settled()
    const judged = await checkReadiness(client, everything(exposure).map(referenceOf))
    expect(judged.filter(({ ready }) => !ready)).toEqual([])
  }

  async function removeAll(): Promise<void> {
    for (let pass = 0; pass < 20; pass++) {
      const { remaining: left, kept } = await removeOwned(client, 'west-1')
      expect(kept).toEqual([])
      if (left.length === 0) return
      await cluster.settled()
    }
    throw new Error('the removal does not end')
  }

  it.each([
    true,
    false,
  ])('becomes ready, converges, and goes without a trace (gateway mode: %s)', async (useGateway) => {
    const before = cluster
      .objects()
      .map((object) => `${object.kind} ${object.metadata.namespace} ${object.metadata.name}`)
    const { exposure, identity } = await preflight(client, { ...options, useGateway })
    await create(exposure)
    const again = await applyAll(client, 'west-1', everything(exposure))
    expect(again.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([])
    expect((await preflight(client, { ...options, useGateway, identity })).identity).toBe(identity)
    await requireNoTenants(client)

    await removeAll()
    await cluster.settled()
    const after = cluster
      .objects()
      .map((object) => `${object.kind} ${object.metadata.namespace} ${object.metadata.name}`)
    expect(after.filter((name) => !name.startsWith('Event ')).sort()).toEqual(
      before.filter((name) => !name.startsWith('Event ')).sort(),
    )
  })

  it('gives the controller rights over its own secrets by name, and over no others', async () => {
    const needed = everything({ kind: 'node-port' }).filter(({ kind }) => kind !== 'Deployment' && kind !== 'DaemonSet')
    await applyAll(client, 'west-1', needed)
    await expect(preflight(client, { ...options, clusterId: 'east-1' })).rejects.toMatchObject({
      code: 'infra.port_conflict',
    })
    const controller = openClient(sanitise(cluster.kubeconfig('controllers/gridgate-controller')), clientPorts)
    const secret = (name: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'kube-system', labels: ownerLabels('west-1') },
    })
    await controller.apply(secret('bootstrap-token-ggjn00'))
    for (const forbidden of [
      () => controller.apply(secret('bootstrap-token-abcdef')),
      () => controller.list(kinds.secret),
      () => controller.list(kinds.secret, { namespace: 'kube-system' }),
    ])
      await expect(forbidden()).rejects.toMatchObject({ code: 'kube.forbidden' })
    expect((await controller.list(kinds.node)).length).toBeGreaterThan(0)
    controller.close()
    await removeAll()
    expect(await client.get(referenceOf(secret('bootstrap-token-ggjn00')))).toBeNull()
  })
})
