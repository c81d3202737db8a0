import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestController, type TestController, untilReply } from '../../test/test-controller.ts'

const label = 'cloud.google.com/gke-nodepool'
const nodes = '/api/v1/nodes'
const sets = '/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets'
const events = '/api/v1/namespaces/default/events'
let controller: TestController
const call: TestController['call'] = (...given) => controller.call(...given)
const nodeNow = async (name: string) => (await controller.cluster.client.get(`${nodes}/${name}`)).body

/** Two nodes of a pool and one beside it. */
beforeAll(async () => {
  controller = await startTestController()
  for (const name of ['gpu-node-1', 'gpu-node-2'])
    await controller.cluster.client.patch(`${nodes}/${name}`, { metadata: { labels: { [label]: 'a100' } } })
})
afterAll(() => controller.stop())

const target = async (...names: string[]) =>
  Promise.all(names.map(async (name) => ({ name, uid: (await nodeNow(name)).metadata.uid as string })))
const survey = async (given: object) => (await call('POST', '/failover/survey', given)).body.data

const trained = (name: string, backoffLimit: number) => ({
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  metadata: { name },
  spec: {
    failurePolicy: { maxRestarts: 99 },
    replicatedJobs: [
      {
        name: 'worker',
        replicas: 1,
        template: {
          spec: {
            parallelism: 2,
            completions: 2,
            backoffLimit,
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example/none:1' }] } },
          },
        },
      },
    ],
  },
})

/** Makes a JobSet and waits until its pods run; returns what a survey says of it. */
async function running(name: string, backoffLimit: number) {
  await controller.cluster.client.post(sets, trained(name, backoffLimit))
  const asked = { jobset_name: name }
  const found = await untilReply(
    () => call('POST', '/failover/survey', asked),
    ({ body }) => body.data?.jobset.leaders[0]?.phase === 'Running',
  )
  return found.data.jobset
}

describe('POST /failover/survey', () => {
  it('tells of a pool by its name or one of its nodes', async () => {
    const found = await survey({ node_pool: 'a100' })
    expect(found).toMatchObject({
      pool: 'a100',
      pool_label: label,
      nodes: [
        { name: 'gpu-node-1', accelerators: 8, unschedulable: false },
        { name: 'gpu-node-2', accelerators: 4 },
      ],
      spare_nodes: 0,
      accelerator_nodes: { total: 3, unavailable: 0 },
    })
    expect(await survey({ node_name: 'gpu-node-2' })).toEqual(found)
  })

  it.each([
    [{ node_pool: 'none' }, 404, 'pool.not_found'],
    [{ node_name: 'none' }, 404, 'node.not_found'],
    [{ jobset_name: 'none' }, 404, 'jobset.not_found'],
    [{ node_pool: 'a100', node_name: 'gpu-node-3' }, 400, 'request.invalid'],
    [{ node_pool: '' }, 400, 'request.invalid'],
  ])('refuses %j', async (body, status, code) => {
    expect(await call('POST', '/failover/survey', body)).toMatchObject({ status, body: { code } })
  })

  it('answers nobody but the gateway', async () => {
    for (const path of ['survey', 'cordon', 'restart', 'events'])
      expect((await controller.get(`/failover/${path}`)).status).toBeGreaterThanOrEqual(401)
  })
})

describe('POST /failover/cordon and /failover/uncordon', () => {
  it('hold for their action, leave what others cordoned, and refuse a late action', async () => {
    const [first, second, third] = ['gpu-node-1', 'gpu-node-2', 'gpu-node-3']
    await controller.cluster.client.patch(`${nodes}/${second}`, { spec: { unschedulable: true } })
    const order = { action: 'task-a', fence: 4, nodes: [...(await target(first, second)), { name: third, uid: 'old' }] }
    expect((await call('POST', '/failover/cordon', order)).body.data.nodes).toMatchObject([
      { name: first, outcome: 'cordoned', unschedulable: true, cordoned_by: 'task-a' },
      { name: second, outcome: 'already_cordoned', unschedulable: true, cordoned_by: null },
      { name: third, outcome: 'gone' },
    ])
    expect((await nodeNow(third)).spec.unschedulable).toBeUndefined()
    const narrowed = { ...order, pool_label: label, node_pool: 'a100' }
    expect((await call('POST', '/failover/cordon', narrowed)).body.data.nodes[0].outcome).toBe('already_ours')

    const marks = (await call('GET', '/failover/marks')).body.data.nodes
    expect(marks).toMatchObject([{ name: first, cordoned_by: 'task-a', is_held: false }])

    const late = { ...order, action: 'task-0', fence: 3 }
    for (const path of ['/failover/cordon', '/failover/uncordon'])
      expect(await call('POST', path, late)).toMatchObject({ status: 409, body: { code: 'action.fenced' } })
    const outcomes = (await call('POST', '/failover/uncordon', order)).body.data.nodes
    expect(outcomes.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['uncordoned', 'not_ours', 'gone'])
    expect([(await nodeNow(first)).spec.unschedulable, (await nodeNow(second)).spec.unschedulable]).toEqual([
      undefined,
      true,
    ])
    await controller.cluster.client.patch(`${nodes}/${second}`, { spec: { unschedulable: null } })
  })

  it.each([
    [{}],
    [{ action: 'a', fence: -1, nodes: [] }],
    [{ action: 'a b', fence: 1, nodes: [] }],
    [{ action: 'a', fence: 1, nodes: Array.from({ length: 2001 }, () => ({ name: 'n', uid: 'u' })) }],
  ])('refuse a bad order', async (body) => {
    expect(await call('POST', '/failover/cordon', body)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  })
})

describe('POST /failover/restart and /failover/watch-restart', () => {
  it('restart a JobSet as a whole, and prove it by its count', async () => {
    const { uid, leaders, blockers, restarts } = await running('train', 0)
    expect([blockers, restarts, leaders.length]).toEqual([[], 0, 1])
    const order = {
      action: 'task-a',
      fence: 4,
      namespace: 'default',
      jobset_name: 'train',
      jobset_uid: uid,
      pods: leaders,
    }
    expect((await call('POST', '/failover/restart', order)).body.data.pods).toEqual([
      { name: leaders[0].name, outcome: 'evicted', detail: null },
    ])
    const watch = { namespace: 'default', jobset_name: 'train', jobset_uid: uid, restarts_before: 0, pods: leaders }
    const seen = await untilReply(
      () => call('POST', '/failover/watch-restart', watch),
      ({ body }) => body.data?.has_restarted && body.data.pods_ready.ready === 2,
    )
    expect(seen.data).toEqual({
      has_restarted: true,
      restarts: 1,
      pods_ready: { ready: 2, total: 2 },
      detail: 'restarts 0 before, 1 now; every old leader is gone',
    })
    // Asked again, it reaches no pod of the new attempt.
    expect((await call('POST', '/failover/restart', order)).body.data.pods[0].outcome).toBe('gone')
    expect((await call('POST', '/failover/restart', { ...order, fence: 3 })).body.code).toBe('action.fenced')
    expect((await call('POST', '/failover/watch-restart', watch)).body.data.restarts).toBe(1)
  })

  it('say beforehand when it cannot work', async () => {
    expect((await running('patient', 6)).blockers).toEqual([expect.stringMatching(/backoffLimit 6: .*only replace/)])
  })
})

describe('POST /failover/drain', () => {
  it('asks the pods of these very nodes to go, once', async () => {
    const { leaders } = await running('drained', 6)
    const [leader] = leaders
    const order = (uid: string) => ({ action: 'task-a', nodes: [{ name: leader.node, uid }] })
    expect((await call('POST', '/failover/drain', order('another'))).body.data).toEqual({ remaining: [], blocked: [] })
    const uid = (await nodeNow(leader.node)).metadata.uid
    const { data } = (await call('POST', '/failover/drain', order(uid))).body
    expect(data.blocked).toEqual([])
    expect(data.remaining).toContainEqual({ namespace: 'default', name: leader.name })
  })
})

describe('POST /failover/events', () => {
  it('says it once, on the node and on the JobSet', async () => {
    const [node] = await target('gpu-node-3')
    const about = { type: 'Normal', reason: 'FailoverActionTriggered', message: 'cordon_nodepool: too hot' }
    const order = {
      action: 'task-e',
      events: [
        { ...about, kind: 'Node', ...node },
        { ...about, kind: 'JobSet', namespace: 'default', name: 'train', uid: 'u', reason: 'FailoverRestart' },
      ],
    }
    expect((await call('POST', '/failover/events', order)).body.data).toEqual({ recorded: 2 })
    expect((await call('POST', '/failover/events', order)).body.data).toEqual({ recorded: 0 })
    const { items } = (await controller.cluster.client.get(events)).body
    const ours = items.filter(({ reason }: { reason: string }) => reason === 'FailoverActionTriggered')
    expect(ours).toMatchObject([{ involvedObject: { kind: 'Node', name: 'gpu-node-3', uid: node?.uid } }])
  })

  it('refuses a JobSet without a namespace', async () => {
    const event = { kind: 'JobSet', name: 'x', uid: 'u', type: 'Normal', reason: 'R', message: '' }
    expect((await call('POST', '/failover/events', { action: 'a', events: [event] })).status).toBe(400)
  })
})
