import { describe, expect, it } from 'vitest'
import { drainPass } from './drain.ts'
import { MemoryCluster } from './memory-cluster.ts'
import type { KubernetesObject, Metadata } from './object.ts'

const ownedBy = (kind: string): Partial<Metadata> => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'x', uid: 'x', controller: true }],
})
const pod = (
  name: string,
  metadata: Partial<Metadata> = ownedBy('ReplicaSet'),
  more: object = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'blocks', ...metadata },
  spec: { nodeName: 'worker-1' },
  ...more,
})
const named = (...names: string[]) => names.map((name) => ({ namespace: 'blocks', name }))
const goingOf = (cluster: MemoryCluster): string[] =>
  cluster.objects().flatMap(({ metadata }) => (metadata.deletionTimestamp ? [metadata.name] : []))

describe('a pass', () => {
  it('evicts what must go, reports it until it is gone, and leaves the rest alone', async () => {
    const cluster = new MemoryCluster()
    cluster.put(pod('web'))
    cluster.put(pod('agent', ownedBy('DaemonSet')))
    cluster.put(pod('static', { annotations: { 'kubernetes.io/config.mirror': 'x' } }))
    cluster.put(pod('done', ownedBy('Job'), { status: { phase: 'Succeeded' } }))
    cluster.put(pod('failed', ownedBy('Job'), { status: { phase: 'Failed' } }))
    cluster.put(pod('elsewhere', ownedBy('ReplicaSet'), { spec: { nodeName: 'worker-2' } }))
    expect(await drainPass(cluster, 'worker-1')).toEqual({ remaining: named('web'), blocked: [] })
    expect(goingOf(cluster)).toEqual(['web'])
    expect(await drainPass(cluster, 'worker-1')).toEqual({ remaining: named('web'), blocked: [] })
    cluster.settle()
    expect(await drainPass(cluster, 'worker-1')).toEqual({ remaining: [], blocked: [] })
  })

  it('leaves a pod that nothing would start again, unless asked to', async () => {
    const cluster = new MemoryCluster()
    cluster.put(pod('bare', {}))
    expect(await drainPass(cluster, 'worker-1')).toEqual({
      remaining: named('bare'),
      blocked: [{ namespace: 'blocks', name: 'bare', budget: null, reason: 'unmanaged' }],
    })
    expect(goingOf(cluster)).toEqual([])
    expect((await drainPass(cluster, 'worker-1', { includeUnmanaged: true })).blocked).toEqual([])
    expect(goingOf(cluster)).toEqual(['bare'])
  })

  it('names the budget that protects a pod, goes on with the others, and forces nothing', async () => {
    const cluster = new MemoryCluster()
    cluster.put(pod('kept'))
    cluster.put(pod('web'))
    const evict = cluster.evict.bind(cluster)
    cluster.evict = async (one, options) =>
      one.name === 'kept' ? { outcome: 'blocked', budget: 'quorum', reason: 'budget' } : evict(one, options)
    expect(await drainPass(cluster, 'worker-1')).toEqual({
      remaining: named('kept', 'web'),
      blocked: [{ namespace: 'blocks', name: 'kept', budget: 'quorum', reason: 'budget' }],
    })
    expect(goingOf(cluster)).toEqual(['web'])
  })

  it('takes a pod as gone that was replaced by another of its name', async () => {
    const cluster = new MemoryCluster()
    cluster.put(pod('store-0', ownedBy('StatefulSet')))
    cluster.evict = async () => ({ outcome: 'gone' })
    expect(await drainPass(cluster, 'worker-1')).toEqual({ remaining: [], blocked: [] })
  })
})
