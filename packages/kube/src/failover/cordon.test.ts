import { GridError } from '@gridgate/core/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MergeOptions } from '../client.ts'
import { MemoryCluster } from '../memory-cluster.ts'
import type { KubernetesObject, ObjectReference } from '../object.ts'
import { cordonNodes, uncordonNodes } from './cordon.ts'
import type { NodeTarget } from './present-nodes.ts'

/** A cluster that refuses some changes at first, and counts what it is asked. */
class BusyCluster extends MemoryCluster {
  readonly asked = { gets: 0, pages: 0, merges: 0 }
  refuse: (name: string) => GridError | null = () => null

  override async get(reference: ObjectReference): Promise<KubernetesObject | null> {
    this.asked.gets += 1
    return super.get(reference)
  }
  override async page(...given: Parameters<MemoryCluster['page']>) {
    this.asked.pages += 1
    return super.page(...given)
  }
  override async merge(reference: ObjectReference, patch: Record<string, unknown>, options?: MergeOptions) {
    this.asked.merges += 1
    const refusal = this.refuse(reference.name)
    if (refusal) throw options?.isPaced ? refusal : new Error('a change that is not paced')
    return super.merge(reference, patch)
  }
}

let cluster: BusyCluster
let nodes: NodeTarget[]
const pauses = { pause: async () => undefined }
const pool = { pool_label: 'pool', node_pool: 'a' }
const mark = { taskId: 'task-a', fence: 7 }
const orderOf = (given: object = {}) => ({ nodes, mark, pool, ...given })

function put(name: string, given: { spec?: object; annotations?: Record<string, string> } = {}): NodeTarget {
  const metadata = { name, labels: { pool: 'a' }, annotations: given.annotations ?? {} }
  const { uid = '' } = cluster.put({ apiVersion: 'v1', kind: 'Node', metadata, spec: given.spec ?? {} }).metadata
  return { name, uid }
}
const cordoned = (): string[] =>
  cluster
    .objects()
    .flatMap(({ metadata, spec }) => ((spec as { unschedulable?: boolean }).unschedulable ? metadata.name : []))

beforeEach(() => {
  cluster = new BusyCluster()
  nodes = Array.from({ length: 250 }, (_, index) => put(`n-${String(index).padStart(3, '0')}`))
  cluster.asked.gets = 0
})

describe('a cordon of a pool', () => {
  it('asks once for all and changes each node once, and nothing when it is repeated', async () => {
    const reports = await cordonNodes(cluster, orderOf(), pauses)
    expect(reports.every(({ outcome, cordoned_by }) => outcome === 'cordoned' && cordoned_by === 'task-a')).toBe(true)
    expect([cordoned().length, cluster.asked]).toEqual([250, { gets: 0, pages: 2, merges: 250 }])
    const before = cluster.objects()
    const again = await cordonNodes(cluster, orderOf(), pauses)
    expect(again.every(({ outcome }) => outcome === 'already_ours')).toBe(true)
    expect(cluster.objects()).toEqual(before)
  })

  it('loses no node when the API server is busy, and does not ask for ever', async () => {
    const refusals = new Map<string, number>()
    cluster.refuse = (name) => {
      const before = refusals.get(name) ?? 0
      refusals.set(name, before + 1)
      const isBusy = name === 'n-007' || (before === 0 && Number(name.slice(2)) % 3 === 0)
      return isBusy ? new GridError('kube.throttled', 'wait', { retryAfterSeconds: 1 }) : null
    }
    const reports = await cordonNodes(cluster, orderOf(), pauses)
    expect(reports.filter(({ outcome }) => outcome !== 'cordoned')).toEqual([
      { ...nodes[7], outcome: 'failed', unschedulable: false, cordoned_by: null, detail: 'kube.throttled: wait' },
    ])
    expect([cordoned().length, refusals.get('n-007')]).toEqual([249, 8])
  })

  it('leaves the cordons of others, and tells what is gone or was replaced', async () => {
    const person = put('p-1', { spec: { unschedulable: true } })
    const other = put('p-2', { spec: { unschedulable: true }, annotations: { 'gridgate.io/cordoned-by': 'task-z' } })
    const before = cluster.objects()
    const replaced = { name: 'n-000', uid: 'another' }
    const reports = await cordonNodes(cluster, orderOf({ nodes: [person, other, replaced] }), pauses)
    expect(reports).toMatchObject([
      { name: 'p-1', outcome: 'already_cordoned', unschedulable: true, cordoned_by: null },
      { name: 'p-2', outcome: 'already_cordoned', unschedulable: true, cordoned_by: 'task-z' },
      { name: 'n-000', uid: 'another', outcome: 'gone' },
    ])
    expect(cluster.objects()).toEqual(before)
  })

  it('is refused as a whole, and changes nothing, when one node belongs to a later action', async () => {
    put('later', { annotations: { 'gridgate.io/fence': '8' } })
    const all = cluster.objects().map(({ metadata }) => ({ name: metadata.name, uid: metadata.uid ?? '' }))
    const before = cluster.objects()
    for (const act of [cordonNodes, uncordonNodes])
      await expect(act(cluster, orderOf({ nodes: all }), pauses)).rejects.toMatchObject({ code: 'action.fenced' })
    expect(cluster.objects()).toEqual(before)
  })

  it('is refused when a later action comes in between', async () => {
    const [first] = nodes
    const page = cluster.page.bind(cluster)
    cluster.page = async (...given) => {
      const answer = await page(...given)
      const reference = { apiVersion: 'v1', kind: 'Node', name: first?.name ?? '' }
      await MemoryCluster.prototype.merge.call(cluster, reference, {
        metadata: { annotations: { 'gridgate.io/fence': '8' } },
      })
      return answer
    }
    await expect(cordonNodes(cluster, orderOf(), pauses)).rejects.toMatchObject({ code: 'action.fenced' })
    expect(cordoned()).not.toContain(first?.name)
  })

  it('asks for few nodes one by one where their pool is not known', async () => {
    await cordonNodes(cluster, orderOf({ nodes: nodes.slice(0, 8), pool: null }), pauses)
    expect([cordoned().length, cluster.asked]).toEqual([8, { gets: 8, pages: 0, merges: 8 }])
    await cordonNodes(cluster, orderOf({ nodes: nodes.slice(0, 9), pool: null }), pauses)
    expect([cordoned().length, cluster.asked]).toEqual([9, { gets: 8, pages: 2, merges: 9 }])
  })

  it('says what was not reached in time', async () => {
    let ms = 0
    const now = (): number => {
      ms += 400
      return ms
    }
    const reports = await cordonNodes(cluster, orderOf(), { ...pauses, now })
    const late = reports.filter(({ detail }) => detail === 'not reached in time')
    expect(late.length).toBeGreaterThan(0)
    expect(late.length + cordoned().length).toBe(250)
    expect(late.every(({ outcome }) => outcome === 'failed')).toBe(true)
  })
})

describe('the end of a cordon', () => {
  it('takes back only what carries the mark, is still there, and is not held', async () => {
    const person = put('p-1', { spec: { unschedulable: true } })
    const [held, opened, ...rest] = nodes
    await cordonNodes(cluster, orderOf(), pauses)
    const change = (node: NodeTarget | undefined, patch: Record<string, unknown>) =>
      cluster.merge({ apiVersion: 'v1', kind: 'Node', name: node?.name ?? '' }, patch)
    await change(held, { metadata: { annotations: { 'gridgate/hold': 'looking' } } })
    await change(opened, { spec: { unschedulable: null } })
    const reports = await uncordonNodes(cluster, orderOf({ nodes: [...nodes, person] }), pauses)
    expect(reports.map(({ outcome }) => outcome)).toEqual([
      'held',
      'was_schedulable',
      ...rest.map(() => 'uncordoned'),
      'not_ours',
    ])
    expect(cordoned()).toEqual([held?.name, 'p-1'])
  })
})
