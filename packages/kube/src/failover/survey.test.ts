import { Survey } from '@gridgate/core/action/survey'
import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryCluster } from '../memory-cluster.ts'
import type { KubernetesObject } from '../object.ts'
import { survey } from './survey.ts'

const mark = 'jobset.sigs.k8s.io'
const index = 'batch.kubernetes.io/job-completion-index'
const pool = 'cloud.google.com/gke-nodepool'
let cluster: MemoryCluster

beforeEach(() => {
  cluster = new MemoryCluster()
  for (const name of ['a-1', 'a-2']) putNode(name, { [pool]: 'a' })
  putNode('b-1', { [pool]: 'b' })
})

function putNode(
  name: string,
  labels: Record<string, string> = {},
  spec: object = {},
  ready = 'True',
  gpus = '4',
): void {
  const amounts = { 'nvidia.com/gpu': gpus }
  const status = {
    conditions: [{ type: 'Ready', status: ready }],
    capacity: { 'nvidia.com/gpu': '4' },
    allocatable: amounts,
  }
  cluster.put({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec, status })
}

interface PodGiven {
  job?: string
  index?: string
  attempt?: string
  node?: string
  phase?: string
  jobSet?: string
  leaving?: boolean
  indexIn?: 'annotations' | 'labels'
}

/** A pod as the Job controller and JobSet make it. */
function putPod(name: string, given: PodGiven = {}): KubernetesObject {
  const { job = 'train-driver-0', attempt = '0', node = 'a-1', phase = 'Running', jobSet = 'train' } = given
  const marks = {
    [`${mark}/jobset-name`]: jobSet,
    [`${mark}/replicatedjob-name`]: 'driver',
    [`${mark}/restart-attempt`]: attempt,
  }
  const place = given.indexIn ?? 'annotations'
  const extra = {
    labels: marks,
    annotations: {},
    [place]: { ...(place === 'labels' ? marks : {}), [index]: given.index ?? '0' },
  }
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid: job, controller: true }]
  const leaving = given.leaving ? { deletionTimestamp: '2030-01-01T00:00:00Z' } : {}
  const metadata = { name, namespace: 'default', ownerReferences, ...extra, ...leaving }
  return cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: node }, status: { phase } })
}

function putJobSet(status: object = { restarts: 0 }): void {
  const template = { spec: { completionMode: 'Indexed', backoffLimit: 0 } }
  cluster.put({
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name: 'train', namespace: 'default' },
    spec: { replicatedJobs: [{ name: 'driver', template }], failurePolicy: { maxRestarts: 99 } },
    status,
  })
}

const look = async (given: Partial<Parameters<typeof survey>[1]> = {}) => {
  const target = { pool_label: null, node_pool: 'a', node_name: null, namespace: 'default', jobset_name: null }
  return Survey.parse(await survey(cluster, { clusterId: 'west-1', ...target, ...given }))
}

describe('a survey of a pool', () => {
  it('tells its nodes, and how the rest of the cluster is', async () => {
    putNode('b-2', {}, { unschedulable: true })
    putNode('b-3', {}, {}, 'False')
    putNode('b-4', {}, {}, 'True', '0')
    putNode('b-5', { 'node-role.kubernetes.io/control-plane': '' })
    const { nodes, ...rest } = await look()
    expect(nodes.map(({ name }) => name)).toEqual(['a-1', 'a-2'])
    expect(rest).toEqual({
      pool: 'a',
      pool_label: pool,
      expected_nodes: { unknown: expect.stringMatching(/gke-tpu-topology is missing/) },
      is_atomic: false,
      jobset: null,
      other_jobsets: [],
      blocking_budgets: [],
      has_controller: false,
      spare_nodes: 1,
      accelerator_nodes: { total: 7, unavailable: 3 },
    })
  })

  it('knows a slice', async () => {
    const slice = { 'cloud.google.com/gke-tpu-topology': '2x2x2', 'cloud.google.com/gke-accelerator-count': '4' }
    for (const name of ['s-1', 's-2']) putNode(name, { [pool]: 's', ...slice })
    expect(await look({ node_pool: 's' })).toMatchObject({ expected_nodes: { count: 2 }, is_atomic: true })
  })

  it('names the JobSets that run there', async () => {
    putPod('one')
    putPod('two')
    putPod('three', { jobSet: 'other', node: 'a-2' })
    putPod('over', { jobSet: 'over', phase: 'Succeeded' })
    putPod('elsewhere', { jobSet: 'elsewhere', node: 'b-1' })
    putJobSet()
    const named = [
      { namespace: 'default', name: 'train' },
      { namespace: 'default', name: 'other' },
    ]
    expect((await look()).other_jobsets).toEqual(named)
    expect((await look({ jobset_name: 'train' })).other_jobsets).toEqual(named.slice(1))
  })

  it('names the budgets that hold a pod there now', async () => {
    putPod('one')
    const budget = (name: string, selector: object, disruptionsAllowed: number, namespace = 'default') =>
      cluster.put({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace },
        spec: { selector },
        status: { disruptionsAllowed },
      })
    const train = { matchLabels: { [`${mark}/jobset-name`]: 'train' } }
    budget('holds', train, 0)
    budget('holds-by-expression', { matchExpressions: [{ key: `${mark}/jobset-name`, operator: 'Exists' }] }, 0)
    budget('allows', train, 1)
    budget('of-others', { matchLabels: { app: 'x' } }, 0)
    budget('of-elsewhere', {}, 0, 'kube-system')
    const { blocking_budgets } = await look()
    expect(blocking_budgets.map(({ name }) => name)).toEqual(['holds', 'holds-by-expression'])
  })

  it('finds itself there', async () => {
    const labels = { 'app.kubernetes.io/name': 'west-1-controller' }
    const metadata = { name: 'us', namespace: 'controllers', labels }
    cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'a-2' }, status: { phase: 'Running' } })
    expect([(await look()).has_controller, (await look({ node_pool: 'b' })).has_controller]).toEqual([true, false])
  })
})

describe('a survey of a JobSet', () => {
  beforeEach(() => putJobSet())
  const seen = async (given: Parameters<typeof look>[0] = {}) => (await look({ jobset_name: 'train', ...given })).jobset

  it.each(['annotations', 'labels'] as const)('finds the leader of each child Job, by its %s', async (indexIn) => {
    putPod('d0', { indexIn })
    putPod('d0-follower', { index: '1', indexIn })
    putPod('d1', { job: 'train-driver-1', node: 'b-1', indexIn })
    putPod('d1-follower', { job: 'train-driver-1', node: 'a-2', index: '1', indexIn })
    putPod('d2', { job: 'train-driver-2', node: 'b-1', indexIn })
    expect(await seen()).toMatchObject({
      leaders: [
        { name: 'd0', job: 'train-driver-0', node: 'a-1', is_on_pool: true },
        { name: 'd1', job: 'train-driver-1', node: 'b-1', is_on_pool: true },
        { name: 'd2', job: 'train-driver-2', node: 'b-1', is_on_pool: false },
      ],
      blockers: [],
      nodes_needed: 2,
      state: 'active',
    })
  })

  it('takes the newest attempt, and the pod that lives beside one that goes', async () => {
    putPod('old', { attempt: '1' })
    putPod('going', { attempt: '2', leaving: true })
    putPod('failed', { attempt: '2', phase: 'Failed' })
    putPod('living', { attempt: '2' })
    expect((await seen())?.leaders).toMatchObject([{ name: 'living', is_terminating: false }])
  })

  it('says why a restart cannot work', async () => {
    expect((await seen())?.blockers).toEqual([expect.stringMatching(/no leader to evict/)])
    putPod('going', { leaving: true })
    expect(await seen()).toMatchObject({
      leaders: [{ is_terminating: true }],
      blockers: [/no leader/].map((one) => expect.stringMatching(one)),
    })
  })

  it('needs no pool', async () => {
    putPod('d0')
    const whole = await look({ node_pool: null, jobset_name: 'train' })
    expect(whole).toMatchObject({ pool: null, nodes: [], jobset: { leaders: [{ is_on_pool: false }], blockers: [] } })
  })

  it('is refused where there is none', async () => {
    await expect(look({ jobset_name: 'none' })).rejects.toMatchObject({ code: 'jobset.not_found' })
    await expect(look({ namespace: 'other', jobset_name: 'train' })).rejects.toMatchObject({ code: 'jobset.not_found' })
  })
})
