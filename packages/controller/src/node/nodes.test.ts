import { deploymentBody } from '@gridgate/local/kube/test-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestController, type TestController, untilReply } from '../../test/test-controller.ts'

let controller: TestController
const call: TestController['call'] = (...given) => controller.call(...given)
/** A node as the API server has it. */
const nodeNow = async (name: string) => (await controller.cluster.client.get(`/api/v1/nodes/${name}`)).body
const apps = '/apis/apps/v1/namespaces/default/deployments'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

beforeAll(async () => {
  controller = await startTestController()
})
afterAll(() => controller.stop())

/** A Deployment that runs on one node only, running. */
async function deployed(name: string, node: string, replicas: number): Promise<void> {
  const { client } = controller.cluster
  const body = deploymentBody(name, {}, { nodeSelector: { 'kubernetes.io/hostname': node } })
  await client.post(apps, { ...body, spec: { ...body.spec, replicas } })
  await client.until(`${apps}/${name}`, (answer) => answer.body.status?.readyReplicas === replicas)
}

describe('GET /nodes', () => {
  it('pages through the nodes as documents, with what Kubernetes says of them', async () => {
    const first = await call('GET', '/nodes?limit=2')
    expect(first.status).toBe(200)
    expect(first.body.data.nodes).toMatchObject([
      {
        node: { id: 'gpu-node-1', vcpus: { count: expect.any(Number) }, gpus: { count: 8 } },
        kubernetes: { name: 'gpu-node-1', ready: true, schedulable: true, internal_ip: expect.any(String) },
      },
      { node: { id: 'gpu-node-2' } },
    ])
    const cursor = encodeURIComponent(first.body.data.next_cursor)
    const second = await call('GET', `/nodes?limit=2&cursor=${cursor}`)
    expect(second.body.data).toMatchObject({ nodes: [{ node: { id: 'gpu-node-3' } }], next_cursor: null })
  })

  it.each([
    ['/nodes?limit=501', 'request.invalid'],
    ['/nodes?cursor=made-up', 'cursor.invalid'],
  ])('refuses %s', async (path, code) => {
    expect(await call('GET', path)).toMatchObject({ status: 400, body: { code } })
  })

  it('answers nobody but the gateway', async () => {
    expect((await controller.get('/nodes')).status).toBe(401)
  })
})

describe('GET /nodes/{node_id}', () => {
  it('finds one node, and says 404 for one that is not there', async () => {
    const { body } = await call('GET', '/nodes/gpu-node-1')
    expect(body.data.kubernetes.uid).toBe((await nodeNow('gpu-node-1')).metadata.uid)
    expect(await call('GET', '/nodes/none')).toMatchObject({ status: 404, body: { code: 'node.not_found' } })
  })
})

describe('POST /cluster-actions/add-node', () => {
  it('labels the node once, and finds it by its label from then on', async () => {
    const added = await call('POST', '/cluster-actions/add-node', { id: 'gpu-node-3', memory: 1 })
    expect(added).toMatchObject({ status: 200, body: { data: { kubernetes: { labels: { nodeID: 'gpu-node-3' } } } } })
    const { metadata } = await nodeNow('gpu-node-3')
    await call('POST', '/cluster-actions/add-node', { id: 'gpu-node-3' })
    expect((await nodeNow('gpu-node-3')).metadata.labels).toEqual(metadata.labels)
  })

  it.each([
    [undefined, 400, 'request.invalid'],
    [{}, 400, 'request.invalid'],
    [{ id: 'no such!' }, 400, 'request.invalid'],
    [{ id: 'elsewhere' }, 409, 'node.not_in_cluster'],
  ])('refuses %j, and no node changes', async (body, status, code) => {
    const versions = async () =>
      (await controller.cluster.client.get('/api/v1/nodes')).body.items.map(
        ({ metadata }: { metadata: { labels: object } }) => metadata.labels,
      )
    const before = await versions()
    expect(await call('POST', '/cluster-actions/add-node', body)).toMatchObject({ status, body: { code } })
    expect(await versions()).toEqual(before)
  })
})

describe('cordon and uncordon', () => {
  it('hold for their task only, and for the node of that UID', async () => {
    const { uid } = (await nodeNow('gpu-node-1')).metadata
    const cordon = (body: object) => call('POST', '/nodes/gpu-node-1/cordon', body)
    const uncordon = (task_id: string) => call('POST', '/nodes/gpu-node-1/uncordon', { task_id })
    expect((await cordon({ task_id: 'a', uid: 'another' })).status).toBe(404)
    expect((await nodeNow('gpu-node-1')).spec.unschedulable).toBeUndefined()
    expect((await cordon({ task_id: 'a', uid })).body.data).toEqual({ uid, holder: 'a' })
    expect((await cordon({ task_id: 'b' })).body.data).toEqual({ uid, holder: 'a' })
    expect((await uncordon('b')).body.data).toEqual({ uncordoned: false })
    expect((await nodeNow('gpu-node-1')).spec.unschedulable).toBe(true)
    expect((await uncordon('a')).body.data).toEqual({ uncordoned: true })
    expect((await nodeNow('gpu-node-1')).spec.unschedulable).toBeUndefined()
  })
})

describe('drain and removal', () => {
  it('names the budget that blocks, waits for it, and removes the node once it is empty', async () => {
    const { client } = controller.cluster
    await deployed('kept', 'gpu-node-2', 2)
    await client.post(budgets, {
      metadata: { name: 'quorum' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'kept' } } },
    })
    await client.until(`${budgets}/quorum`, (answer) => answer.body.status?.currentHealthy === 2)
    const { uid } = (await nodeNow('gpu-node-2')).metadata

    const blocked = (await call('DELETE', '/cluster-actions/remove-node/gpu-node-2')).body.data
    expect(blocked).toMatchObject({
      removed: false,
      blocked: [
        { namespace: 'default', budget: 'quorum', reason: 'budget' },
        { namespace: 'default', budget: 'quorum', reason: 'budget' },
      ],
    })
    expect(blocked.remaining).toHaveLength(2)
    expect(await nodeNow('gpu-node-2')).toMatchObject({ metadata: { uid }, spec: { unschedulable: true } })

    await client.patch(`${budgets}/quorum`, { spec: { minAvailable: 0 } })
    await untilReply(
      () => call('POST', '/nodes/gpu-node-2/drain', { task_id: 'a', uid, grace_seconds: 0 }),
      ({ body }) => body.data.remaining.length === 0,
    )
    expect((await call('DELETE', `/nodes/gpu-node-2?uid=another`)).body.data).toEqual({ removed: false })
    expect((await nodeNow('gpu-node-2')).metadata.uid).toBe(uid)
    const removed = await call('DELETE', '/cluster-actions/remove-node/gpu-node-2')
    expect(removed.body.data).toEqual({ removed: true, remaining: [], blocked: [] })
    expect((await nodeNow('gpu-node-2')).reason).toBe('NotFound')
    expect((await call('DELETE', `/nodes/gpu-node-2?uid=${uid}`)).body.data).toEqual({ removed: false })
    expect((await call('DELETE', '/cluster-actions/remove-node/gpu-node-2')).status).toBe(404)
  })
})

describe('join tokens', () => {
  it('are issued for a task, are the same when asked again, and end', async () => {
    const asked = { task_id: 'join-1', seconds: 600 }
    const first = await call('POST', '/join-tokens', asked)
    expect(first.body.data).toMatchObject({
      token: expect.stringMatching(/^ggjn0\d\.[a-z0-9]{16}$/),
      expires_at: expect.any(String),
    })
    expect((await call('POST', '/join-tokens', asked)).body.data.token).toBe(first.body.data.token)
    expect((await call('DELETE', '/join-tokens/join-1')).body.data).toEqual({ removed: true })
    expect((await call('DELETE', '/join-tokens/join-1')).body.data).toEqual({ removed: false })
  })

  it.each([
    [{}],
    [{ task_id: 'a b', seconds: 600 }],
    [{ task_id: 'a', seconds: 86_400 }],
  ])('are refused for %j', async (body) => {
    expect((await call('POST', '/join-tokens', body)).status).toBe(400)
    const secrets = await controller.cluster.client.get('/api/v1/namespaces/kube-system/secrets')
    expect(secrets.body.items).toEqual([])
  })
})

describe('what must not be a way around the gateway', () => {
  it.each([
    ['PATCH', '/cluster-actions/update-cluster'],
    ['POST', '/cluster-actions/k8s-objects/create'],
    ['POST', '/cluster-actions/k8s-objects/remove'],
  ])('is not there: %s %s', async (method, path) => {
    expect(await call(method, path, { objects: [] })).toMatchObject({ status: 404, body: { code: 'route.not_found' } })
  })
})
