import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { untilReply } from '../../packages/controller/test/test-controller.ts'
import type { Client } from '../../packages/kube/contract/client.ts'
import { type OwnController, startOwnController } from './own-controller.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const label = 'cloud.google.com/gke-nodepool'
const nodes = '/api/v1/nodes'
const sets = '/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const events = '/api/v1/namespaces/default/events'
const slice = { 'cloud.google.com/gke-tpu-topology': '2x2x2', 'cloud.google.com/gke-accelerator-count': '4' }
/** A slice of two nodes that is full with one JobSet, and a spare one like it. */
const pools = { 'slice-a': ['slice-a-1', 'slice-a-2'], 'slice-b': ['slice-b-1', 'slice-b-2'] }
const names = Object.values(pools).flat()
const jobSets = ['example', 'patient', 'planned', 'unruled']
const isSkipped = !realCluster().hasControllers
let plain: Client
let controller: OwnController
const call: OwnController['call'] = (...given) => controller.call(...given)
const nodeNow = async (name: string) => (await plain.get(`${nodes}/${name}`)).body
const jobSetNow = async (name: string) => (await plain.get(`${sets}/${name}`)).body
const survey = async (given: object) => (await call('POST', '/failover/survey', given)).body.data
const cordoned = async (): Promise<string[]> => {
  const all = await Promise.all(names.map(nodeNow))
  return all.flatMap(({ metadata, spec }) => (spec.unschedulable ? [metadata.name] : []))
}

/** A node as the kubelet of a TPU host registers it. */
const host = (name: string, pool: string) => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, [label]: pool, ...slice } },
  spec: { providerID: `gce://project/zone/${name}` },
  status: {
    capacity: { cpu: '8', memory: '64Gi', pods: '110', 'google.com/tpu': '4' },
    allocatable: { cpu: '8', memory: '64Gi', pods: '110', 'google.com/tpu': '4' },
  },
})

interface Given {
  job?: object
  failurePolicy?: object | null
}

/** One child Job that fills a slice: a pod on each host, as in the example of the original. */
function example(name: string, { job = { backoffLimit: 0 }, failurePolicy = { maxRestarts: 99 } }: Given = {}) {
  const container = { name: 'main', image: 'example/none:1', resources: { limits: { 'google.com/tpu': 4 } } }
  const affinity = { nodeAffinity: nodesOfPools() }
  const template = { spec: { restartPolicy: 'Never', affinity, containers: [container] } }
  const spec = { parallelism: 2, completions: 2, ...job, template }
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name },
    spec: {
      ...(failurePolicy === null ? {} : { failurePolicy }),
      replicatedJobs: [{ name: 'slice', replicas: 1, template: { spec } }],
    },
  }
}

/** The nodes of this file. */
const nodesOfPools = () => ({
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: label, operator: 'In', values: Object.keys(pools) }] }],
  },
})

async function openSpare(isOpen: boolean): Promise<void> {
  for (const name of pools['slice-b'])
    await plain.patch(`${nodes}/${name}`, { spec: { unschedulable: isOpen ? null : true } })
}

/** Makes a JobSet and waits until its pods run in pool a: the spare one is closed so long. */
async function start(name: string, given: Given = {}) {
  await openSpare(false)
  expect((await plain.post(sets, example(name, given))).status).toBe(201)
  const ready = { namespace: 'default', jobset_name: name, jobset_uid: (await jobSetNow(name)).metadata.uid }
  const watch = { ...ready, restarts_before: 0, pods: [] }
  await untilReply(
    () => call('POST', '/failover/watch-restart', watch),
    ({ body }) => body.data?.pods_ready.ready === 2,
  )
  await openSpare(true)
  return (await survey({ node_pool: 'slice-a', jobset_name: name })) as { jobset: Seen; [member: string]: unknown }
}
interface Seen {
  uid: string
  blockers: string[]
  leaders: { name: string; uid: string; node: string }[]
}

async function end(name: string): Promise<void> {
  await plain.remove(`${sets}/${name}`, { propagationPolicy: 'Foreground' })
  await plain.until(`${sets}/${name}`, (answer) => answer.status === 404)
}
const restartOf = (name: string, { uid, leaders }: Seen) => ({
  namespace: 'default',
  jobset_name: name,
  jobset_uid: uid,
  pods: leaders,
})

beforeAll(async () => {
  if (isSkipped) return
  controller = await startOwnController()
  plain = controller.plain
  for (const [pool, hosts] of Object.entries(pools)) for (const name of hosts) await controller.join(host(name, pool))
})
// Also after a test that failed: the next one wants the pool for itself.
afterEach(async () => {
  if (!isSkipped) for (const name of jobSets) await end(name)
})
afterAll(async () => {
  if (isSkipped) return
  await controller.end([`${budgets}/whole`, ...names.map((name) => `${nodes}/${name}`)])
})

describeWithControllers('a pool that is full with a JobSet', () => {
  it('is surveyed, cordoned, left by the restarted JobSet, and opened again', async () => {
    const found = await start('example')
    expect(found).toMatchObject({
      pool: 'slice-a',
      pool_label: label,
      nodes: pools['slice-a'].map((name) => ({
        name,
        ready: true,
        accelerators: 4,
        provider_id: `gce://project/zone/${name}`,
      })),
      expected_nodes: { count: 2 },
      is_atomic: true,
      jobset: { restarts: 0, state: 'active', blockers: [], nodes_needed: 2, leaders: [{ is_on_pool: true }] },
      other_jobsets: [],
      blocking_budgets: [],
      has_controller: false,
    })

    const targets = (found.nodes as { name: string; uid: string }[]).map(({ name, uid }) => ({ name, uid }))
    const order = { action: 'task-a', fence: 4, nodes: targets, pool_label: label, node_pool: 'slice-a' }
    const outcomes = async (path: string, given: object = {}) =>
      (await call('POST', path, { ...order, ...given })).body.data.nodes.map(
        ({ outcome }: { outcome: string }) => outcome,
      )
    expect(await outcomes('/failover/cordon')).toEqual(['cordoned', 'cordoned'])
    expect(await outcomes('/failover/cordon')).toEqual(['already_ours', 'already_ours'])
    expect(await cordoned()).toEqual(pools['slice-a'])

    const work = restartOf('example', found.jobset)
    const evicted = await call('POST', '/failover/restart', { ...work, action: 'task-a', fence: 4 })
    expect(evicted.body.data.pods).toMatchObject([{ outcome: 'evicted' }])
    const seen = await untilReply(
      () => call('POST', '/failover/watch-restart', { ...work, restarts_before: 0 }),
      ({ body }) => body.data?.has_restarted && body.data.pods_ready.ready === 2,
    )
    expect(seen.data).toMatchObject({ restarts: 1, pods_ready: { ready: 2, total: 2 } })
    expect((await jobSetNow('example')).status.restarts).toBe(1)
    const moved = await survey({ node_pool: 'slice-b', jobset_name: 'example' })
    expect(moved.jobset).toMatchObject({ restarts: 1, nodes_needed: 2, leaders: [{ is_on_pool: true }] })
    const again = await call('POST', '/failover/restart', { ...work, action: 'task-a', fence: 4 })
    expect(again.body.data.pods).toMatchObject([{ outcome: 'gone' }])

    expect(await outcomes('/failover/uncordon')).toEqual(['uncordoned', 'uncordoned'])
    expect(await cordoned()).toEqual([])
  })

  it('keeps the cordon of a person, and takes back only its own', async () => {
    const { nodes: found } = await survey({ node_pool: 'slice-a' })
    const targets = found.map(({ name, uid }: { name: string; uid: string }) => ({ name, uid }))
    const [theirs, ours] = pools['slice-a']
    await plain.patch(`${nodes}/${theirs}`, { spec: { unschedulable: true } })
    const order = (action: string, fence: number) => ({ action, fence, nodes: targets })
    const reports = async (path: string, given: object) => (await call('POST', path, given)).body.data.nodes
    expect(await reports('/failover/cordon', order('task-b', 5))).toMatchObject([
      { outcome: 'already_cordoned', cordoned_by: null },
      { outcome: 'cordoned', cordoned_by: 'task-b' },
    ])
    expect(await reports('/failover/uncordon', order('task-c', 5))).toMatchObject([
      { outcome: 'not_ours' },
      { outcome: 'not_ours' },
    ])
    for (const path of ['/failover/cordon', '/failover/uncordon'])
      expect(await call('POST', path, order('task-b', 4))).toMatchObject({
        status: 409,
        body: { code: 'action.fenced' },
      })
    expect(await cordoned()).toEqual([theirs, ours])
    expect(await reports('/failover/uncordon', order('task-b', 5))).toMatchObject([
      { outcome: 'not_ours' },
      { outcome: 'uncordoned' },
    ])
    expect(await cordoned()).toEqual([theirs])
    await plain.patch(`${nodes}/${theirs}`, { spec: { unschedulable: null } })
  })
})

describeWithControllers('a JobSet', () => {
  it('whose Job may fail six times is told to be no use to evict, and really does not restart', async () => {
    const { jobset } = await start('patient', { job: { backoffLimit: 6 } })
    expect(jobset.blockers).toEqual([expect.stringMatching(/^Job slice has backoffLimit 6: .* only replace the pod/)])
    const work = restartOf('patient', jobset)
    await call('POST', '/failover/restart', { ...work, action: 'task-d', fence: 6 })
    const seen = await untilReply(
      () => call('POST', '/failover/watch-restart', { ...work, restarts_before: 0 }),
      ({ body }) => body.data?.detail.endsWith('every old leader is gone') && body.data.pods_ready.ready === 2,
    )
    expect(seen.data).toMatchObject({ has_restarted: false, restarts: 0 })
  })

  it('without a failure policy is told to fail, and really does', async () => {
    const { jobset } = await start('unruled', { failurePolicy: null })
    expect(jobset.blockers).toEqual([expect.stringMatching(/no failurePolicy/)])
    await call('POST', '/failover/restart', { ...restartOf('unruled', jobset), action: 'task-d', fence: 6 })
    await plain.until(`${sets}/unruled`, ({ body }) => body.status?.terminalState === 'Failed')
    expect((await survey({ jobset_name: 'unruled' })).jobset).toMatchObject({
      state: 'failed',
      blockers: ['it has failed already'],
    })
  })

  it('that plans for disruptions restarts without using up its restarts, once the pod has failed', async () => {
    const disrupted = { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }
    const rule = {
      name: 'moved',
      action: 'RestartJobSetAndIgnoreMaxRestarts',
      onJobFailureReasons: ['PodFailurePolicy'],
    }
    const { jobset } = await start('planned', {
      job: { backoffLimit: 6, podFailurePolicy: { rules: [disrupted] } },
      failurePolicy: { maxRestarts: 0, rules: [rule] },
    })
    expect(jobset.blockers).toEqual([])
    await call('POST', '/failover/restart', { ...restartOf('planned', jobset), action: 'task-d', fence: 6 })
    const [leader] = jobset.leaders
    // A kubelet ends an evicted pod as failed; the one that is played here leaves that to us.
    await plain.patch(`/api/v1/namespaces/default/pods/${leader?.name}/status`, { status: { phase: 'Failed' } })
    await plain.until(`${sets}/planned`, ({ body }) => body.status?.restarts === 1)
    expect((await jobSetNow('planned')).status.restartsCountTowardsMax ?? 0).toBe(0)
  })

  it('behind a budget is blocked, named, and not forced', async () => {
    const { jobset } = await start('example')
    const selector = { matchLabels: { 'jobset.sigs.k8s.io/jobset-name': 'example' } }
    await plain.post(budgets, { metadata: { name: 'whole' }, spec: { minAvailable: 2, selector } })
    await plain.until(`${budgets}/whole`, ({ body }) => body.status?.currentHealthy === 2)
    const asked = { node_pool: 'slice-a', jobset_name: 'example' }
    expect((await survey(asked)).blocking_budgets).toMatchObject([{ namespace: 'default', name: 'whole' }])
    const blocked = await call('POST', '/failover/restart', {
      ...restartOf('example', jobset),
      action: 'task-d',
      fence: 6,
    })
    expect(blocked.body.data.pods).toMatchObject([{ outcome: 'blocked', detail: expect.stringContaining('whole') }])
    const target = (await survey(asked)).nodes.map(({ name, uid }: { name: string; uid: string }) => ({ name, uid }))
    const drained = await call('POST', '/failover/drain', { action: 'task-d', nodes: target })
    expect(drained.body.data.blocked).toMatchObject([{ budget: 'whole' }, { budget: 'whole' }])
    expect((await survey(asked)).jobset.leaders).toMatchObject([{ uid: jobset.leaders[0]?.uid, is_terminating: false }])
    await plain.remove(`${budgets}/whole`)
  })
})

describeWithControllers('the events of an action', () => {
  it('are on their objects once', async () => {
    const { metadata } = await nodeNow(names[0] ?? '')
    const about = { type: 'Normal', reason: 'FailoverActionTriggered', message: 'cordon_nodepool: too hot' }
    const order = { action: 'task-e', events: [{ ...about, kind: 'Node', name: metadata.name, uid: metadata.uid }] }
    expect((await call('POST', '/failover/events', order)).body.data).toEqual({ recorded: 1 })
    expect((await call('POST', '/failover/events', order)).body.data).toEqual({ recorded: 0 })
    const selector = `fieldSelector=${encodeURIComponent(`involvedObject.uid=${metadata.uid},reason=${about.reason}`)}`
    expect((await plain.get(`${events}?${selector}`)).body.items).toMatchObject([{ ...about, count: 1 }])
  })
})
