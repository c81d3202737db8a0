import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryCluster } from '../memory-cluster.ts'
import type { ObjectReference } from '../object.ts'
import { restartJobSet } from './restart.ts'
import { watchRestart } from './watch-restart.ts'

const mark = 'jobset.sigs.k8s.io'
const set: ObjectReference = {
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  namespace: 'default',
  name: 'train',
}
let cluster: MemoryCluster
let uid: string

beforeEach(() => {
  cluster = new MemoryCluster()
  uid = putJobSet({ restarts: 1 })
})

function putJobSet(status: object): string {
  const { namespace = '', name, ...kind } = set
  const template = { spec: { parallelism: 2, completions: 2 } }
  const spec = { replicatedJobs: [{ name: 'driver', replicas: 2, template }] }
  const put = cluster.put({ ...kind, metadata: { name, namespace, ...(uid ? { uid } : {}) }, spec, status })
  return put.metadata.uid ?? ''
}

function putPod(name: string, attempt = '1', isReady = true): { name: string; uid: string } {
  const labels = { [`${mark}/jobset-name`]: 'train', [`${mark}/restart-attempt`]: attempt }
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] }
  const put = cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, status })
  return { name, uid: put.metadata.uid ?? '' }
}
const leaving = (): string[] =>
  cluster.objects().flatMap(({ metadata }) => (metadata.deletionTimestamp ? [metadata.name] : []))
const order = (pods: { name: string; uid: string }[], fence = 7) => ({
  namespace: 'default',
  jobset_name: 'train',
  jobset_uid: uid,
  pods,
  fence,
})

describe('a restart', () => {
  it('evicts the very pods that are meant, and may be repeated', async () => {
    const leader = putPod('leader')
    putPod('successor')
    const replaced = { name: 'successor', uid: 'its predecessor' }
    const reports = await restartJobSet(cluster, order([leader, replaced]))
    expect(reports).toEqual([
      { name: 'leader', outcome: 'evicted', detail: null },
      { name: 'successor', outcome: 'gone', detail: null },
    ])
    expect(leaving()).toEqual(['leader'])
    cluster.settle()
    expect(await restartJobSet(cluster, order([leader]))).toEqual([{ name: 'leader', outcome: 'gone', detail: null }])
  })

  it('names the budget that blocks, and forces nothing', async () => {
    const leader = putPod('leader')
    cluster.evict = async () => ({ outcome: 'blocked', budget: 'quorum', reason: 'budget' })
    const [report] = await restartJobSet(cluster, order([leader]))
    expect(report).toMatchObject({ outcome: 'blocked', detail: expect.stringContaining('quorum') })
    expect(leaving()).toEqual([])
  })

  it.each([
    ['an earlier action than the last', () => order([putPod('leader')], 6), 'action.fenced'],
    ['another JobSet of the name', () => ({ ...order([putPod('leader')]), jobset_uid: 'another' }), 'jobset.not_found'],
    ['one that is gone', () => ({ ...order([putPod('leader')]), jobset_name: 'none' }), 'jobset.not_found'],
  ])('is refused to %s, and no pod goes', async (_who, given, code) => {
    await cluster.merge(set, { metadata: { annotations: { 'gridgate.io/fence': '7' } } })
    const asked = given()
    const before = cluster.objects()
    await expect(restartJobSet(cluster, asked)).rejects.toMatchObject({ code })
    expect(cluster.objects()).toEqual(before)
  })
})

describe('the proof of a restart', () => {
  const look = (pods: { name: string; uid: string }[] = []) =>
    watchRestart(cluster, { ...order(pods), restarts_before: 1 })

  it('is a count that grew, with the ready pods of the new attempt beside it', async () => {
    const leader = putPod('leader')
    for (const name of ['a', 'b', 'c']) putPod(name)
    expect(await look([leader])).toMatchObject({
      has_restarted: false,
      restarts: 1,
      pods_ready: { ready: 4, total: 4 },
    })
    putJobSet({ restarts: 2 })
    expect(await look([leader])).toEqual({
      has_restarted: true,
      restarts: 2,
      pods_ready: { ready: 0, total: 4 },
      detail: 'restarts 1 before, 2 now; 1 old leaders are still there',
    })
    putPod('new', '2')
    putPod('starting', '2', false)
    expect(await look([leader])).toMatchObject({ pods_ready: { ready: 1, total: 4 } })
  })

  it('is not a pod that was only replaced', async () => {
    putPod('replacement')
    expect(await look([{ name: 'leader', uid: 'gone' }])).toMatchObject({ has_restarted: false, restarts: 1 })
  })

  it('is the absence of the old leaders where nobody counts', async () => {
    putJobSet({})
    const leader = putPod('leader')
    expect(await look([leader])).toMatchObject({ has_restarted: false, restarts: 0 })
    expect(await look([{ name: 'leader', uid: 'gone' }])).toMatchObject({
      has_restarted: true,
      detail: 'it keeps no count of restarts; every old leader is gone',
    })
  })

  it('says when the JobSet has failed instead', async () => {
    putJobSet({ restarts: 1, terminalState: 'Failed' })
    expect(await look()).toMatchObject({
      has_restarted: false,
      detail: expect.stringContaining('the JobSet is failed'),
    })
  })
})
