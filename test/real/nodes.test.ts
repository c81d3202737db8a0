import { afterAll, beforeAll, expect, it } from 'vitest'
import { untilReply } from '../../packages/controller/test/test-controller.ts'
import type { Client } from '../../packages/kube/contract/client.ts'
import { auditedOf } from './installation.ts'
import { type OwnController, startOwnController } from './own-controller.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const [worker, spare] = ['real-worker-1', 'real-worker-2']
const nodes = '/api/v1/nodes'
const apps = '/apis/apps/v1/namespaces/default/deployments'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const clusterInfo = '/api/v1/namespaces/kube-public/configmaps/cluster-info'
const isSkipped = !realCluster().hasControllers
let plain: Client
let controller: OwnController
const call: OwnController['call'] = (...given) => controller.call(...given)

/** A node as its kubelet registers it. */
const registered = (name: string, labels: object = {}) => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
  spec: { providerID: `kwok://${name}` },
  status: { capacity: { cpu: '3920m', memory: '16277216Ki', 'ephemeral-storage': '100Gi', pods: '110' } },
})
const nodeNow = async (name: string) => (await plain.get(`${nodes}/${name}`)).body

beforeAll(async () => {
  if (isSkipped) return
  controller = await startOwnController()
  plain = controller.plain
  for (const name of [worker, spare]) await controller.join(registered(name))
})
afterAll(async () => {
  if (isSkipped) return
  await controller.end([`${apps}/kept`, `${budgets}/kept`, `${nodes}/${worker}`, `${nodes}/${spare}`, clusterInfo])
})

describeWithControllers('a node that has joined', () => {
  it('is labelled once, and read as a node document', async () => {
    const added = await call('POST', '/cluster-actions/add-node', { id: worker })
    expect(added.body.data).toMatchObject({
      node: { id: worker, vcpus: { count: 3.92 }, memory: 15_895, storage: { disks: 1, size: 102_400 } },
      kubernetes: { ready: true, schedulable: true, provider_id: `kwok://${worker}`, labels: { nodeID: worker } },
    })
    // Kubernetes itself writes a node at any time: what counts is what we wrote, and not what had to be asked again.
    const patched = () =>
      auditedOf('gridgate').filter(
        ({ verb, objectRef, responseStatus }) =>
          verb === 'patch' && objectRef?.name === worker && responseStatus?.code === 200,
      )
    expect(patched()).toHaveLength(1)
    expect((await call('POST', '/cluster-actions/add-node', { id: worker })).status).toBe(200)
    expect(patched()).toHaveLength(1)
    expect((await call('POST', '/cluster-actions/add-node', { id: 'never-joined' })).body.code).toBe(
      'node.not_in_cluster',
    )
  })

  it('is seen by the scanner, also when its kubelet fails', async () => {
    const healthy = (isThere: boolean) =>
      untilReply(
        () => call('GET', '/healthy_nodes'),
        ({ body }) => body.data?.nodes.includes(spare) === isThere,
      )
    await healthy(true)
    const failure = 'node-not-ready.stage.kwok.x-k8s.io'
    await plain.patch(`${nodes}/${spare}`, { metadata: { labels: { [failure]: 'true' } } })
    await healthy(false)
    await plain.patch(`${nodes}/${spare}`, { metadata: { labels: { [failure]: null } } })
    await healthy(true)
  })
})

describeWithControllers('removing a node', () => {
  it('waits for a budget that blocks, names it, and takes this very node once it is empty', async () => {
    const { uid } = (await nodeNow(worker)).metadata
    const template = {
      metadata: { labels: { app: 'kept' } },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': worker },
        containers: [{ name: 'main', image: 'example/none:1' }],
      },
    }
    const selector = { matchLabels: { app: 'kept' } }
    await plain.post(apps, { metadata: { name: 'kept' }, spec: { replicas: 2, selector, template } })
    await plain.until(`${apps}/kept`, (answer) => answer.body.status?.readyReplicas === 2)
    await plain.post(budgets, { metadata: { name: 'kept' }, spec: { minAvailable: 2, selector } })
    await plain.until(`${budgets}/kept`, (answer) => answer.body.status?.currentHealthy === 2)

    expect((await call('POST', `/nodes/${worker}/cordon`, { task_id: 'a', uid })).body.data).toEqual({
      uid,
      holder: 'a',
    })
    const drain = () => call('POST', `/nodes/${worker}/drain`, { task_id: 'a', uid })
    const { data } = (await drain()).body
    expect([data.remaining.length, data.blocked]).toEqual([
      2,
      [
        { namespace: 'default', name: expect.stringMatching(/^kept-/), budget: 'kept', reason: 'budget' },
        { namespace: 'default', name: expect.stringMatching(/^kept-/), budget: 'kept', reason: 'budget' },
      ],
    ])
    expect((await call('POST', `/nodes/${worker}/uncordon`, { task_id: 'b' })).body.data.uncordoned).toBe(false)
    expect((await nodeNow(worker)).spec.unschedulable).toBe(true)

    await plain.patch(`${budgets}/kept`, { spec: { minAvailable: 0 } })
    await untilReply(drain, ({ body }) => body.data.remaining.length === 0)
    expect((await call('DELETE', `/nodes/${worker}?uid=another`)).body.data).toEqual({ removed: false })
    expect((await nodeNow(worker)).metadata.uid).toBe(uid)
    const removed = await call('DELETE', `/cluster-actions/remove-node/${worker}`)
    expect(removed.body.data).toEqual({ removed: true, remaining: [], blocked: [] })
    expect((await plain.get(`${nodes}/${worker}`)).status).toBe(404)
  })
})

describeWithControllers('a join token', () => {
  const who = (token: string) => plain.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token })

  it('is taken by the API server until its join ends', async () => {
    const issued = await call('POST', '/join-tokens', { task_id: 'join-a', seconds: 600 })
    const { token, api_server } = issued.body.data
    expect(api_server).toBeNull()
    await expect.poll(async () => (await who(token)).status, { timeout: 15_000 }).toBe(201)
    expect((await who(token)).body.status.userInfo).toMatchObject({
      username: `system:bootstrap:${token.slice(0, 6)}`,
      groups: expect.arrayContaining(['system:bootstrappers:kubeadm:default-node-token']),
    })
    expect((await plain.get('/api/v1/namespaces/kube-system/secrets', { token })).status).toBe(403)
    expect((await call('DELETE', '/join-tokens/join-a')).body.data).toEqual({ removed: true })
    await expect.poll(async () => (await who(token)).status, { timeout: 15_000 }).toBe(401)
  })

  it('is given to each of 50 joins at once, and leaves nothing', async () => {
    const joins = Array.from({ length: 50 }, (_, index) => `join-${index}`)
    const given = await Promise.all(joins.map((task_id) => call('POST', '/join-tokens', { task_id, seconds: 600 })))
    const tokens = [...new Set(given.map(({ body }) => body.data.token as string))]
    expect([given.every(({ status }) => status === 200), tokens.length]).toEqual([true, 8])
    for (const token of tokens) await expect.poll(async () => (await who(token)).status, { timeout: 15_000 }).toBe(201)
    const ended = await Promise.all(joins.map((task_id) => call('DELETE', `/join-tokens/${task_id}`)))
    expect(ended.every(({ body }) => body.data.removed)).toBe(true)
    const left = await plain.get('/api/v1/namespaces/kube-system/secrets')
    expect(left.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([])
  })

  it('comes with where to join, as kubeadm publishes it', async () => {
    const { ca } = realCluster()
    const cluster = {
      server: 'https://10.0.0.1:6443',
      'certificate-authority-data': Buffer.from(ca).toString('base64'),
    }
    const kubeconfig = JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] })
    await plain.post('/api/v1/namespaces/kube-public/configmaps', {
      metadata: { name: 'cluster-info' },
      data: { kubeconfig },
    })
    const issued = await call('POST', '/join-tokens', { task_id: 'join-b', seconds: 600 })
    expect(issued.body.data.api_server).toEqual({
      host: '10.0.0.1:6443',
      ca_cert_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
    await call('DELETE', '/join-tokens/join-b')
  })
})

describeWithControllers('a large cluster', () => {
  const many = 1000
  const selector = 'labelSelector=of%3Dthousand'
  const create = async (from: number): Promise<void> => {
    for (let index = from; index < many; index += 20)
      await plain.post(nodes, registered(`thousand-${String(index).padStart(4, '0')}`, { of: 'thousand' }))
  }
  beforeAll(async () => {
    await Promise.all(Array.from({ length: 20 }, (_, from) => create(from)))
  })
  afterAll(async () => {
    await plain.remove(`${nodes}?${selector}`)
    await plain.until(`${nodes}?${selector}&limit=1`, (answer) => answer.body.items.length === 0)
  })

  it('is listed page by page, each node once', async () => {
    const seen: string[] = []
    let query = '?limit=500'
    let pages = 0
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const { status, body } = await call('GET', `/nodes${query}`)
      expect(status).toBe(200)
      seen.push(...body.data.nodes.map(({ node }: { node: { id: string } }) => node.id))
      cursor = body.data.next_cursor
      query = `?limit=500&cursor=${encodeURIComponent(cursor ?? '')}`
    }
    expect(seen.filter((name) => name.startsWith('thousand-'))).toHaveLength(many)
    expect([new Set(seen).size, pages]).toEqual([seen.length, Math.ceil(seen.length / 100)])
    const { data } = (await call('GET', '/cluster-actions/get-cluster')).body
    expect([data.nodes.count, data.kubernetes_version]).toEqual([seen.length, '1.36'])
  })

  it('does not take a cursor that it did not give out', async () => {
    expect((await call('GET', '/nodes?cursor=made-up')).body.code).toBe('cursor.invalid')
  })
})
