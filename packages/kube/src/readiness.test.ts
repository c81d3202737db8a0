import { describe, expect, it } from 'vitest'
import { MemoryCluster } from './memory-cluster.ts'
import type { KubernetesObject } from './object.ts'
import { ownerLabels } from './ownership.ts'
import { checkReadiness, isReady, isReadyAsWritten } from './readiness.ts'

function object(kind: string, parts: { spec?: object; status?: object; metadata?: object } = {}): KubernetesObject {
  const { metadata, ...rest } = parts
  return { apiVersion: 'v1', kind, metadata: { name: 'x', generation: 2, ...metadata }, ...rest }
}

const seen = { observedGeneration: 2 }
const done = { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 }
const revisions = { currentRevision: 'a', updateRevision: 'a' }

describe('isReady', () => {
  it.each([
    ['an unwritten status', object('Deployment', { spec: { replicas: 2 } })],
    [
      'a status of an earlier generation',
      object('Deployment', { spec: { replicas: 2 }, status: { ...done, observedGeneration: 1 } }),
    ],
    ['no numbers at all', object('Deployment', { status: seen })],
    ['missing replicas', object('Deployment', { spec: { replicas: 2 }, status: { ...done, availableReplicas: 1 } })],
    ['old replicas beside the new', object('Deployment', { spec: { replicas: 2 }, status: { ...done, replicas: 3 } })],
    [
      'replicas of an old template',
      object('Deployment', { spec: { replicas: 2 }, status: { ...done, updatedReplicas: 1 } }),
    ],
    [
      'a revision under way',
      object('StatefulSet', { spec: { replicas: 2 }, status: { ...done, currentRevision: 'a', updateRevision: 'b' } }),
    ],
    ['a StatefulSet without revisions', object('StatefulSet', { spec: { replicas: 2 }, status: done })],
    ['an uncounted DaemonSet', object('DaemonSet', { status: seen })],
    ['an unseen DaemonSet of zero', object('DaemonSet', { status: { desiredNumberScheduled: 0 } })],
    [
      'a DaemonSet missing on a node',
      object('DaemonSet', {
        status: { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 },
      }),
    ],
    ['a running Job', object('Job', { status: { active: 1 } })],
    ['a failed Job', object('Job', { status: { conditions: [{ type: 'Failed', status: 'True' }] } })],
    ['a terminating namespace', object('Namespace', { status: { phase: 'Terminating' } })],
    ['a Service without address', object('Service', { spec: { type: 'NodePort', ports: [{ nodePort: 1 }] } })],
    [
      'a Service without node port',
      object('Service', { spec: { type: 'NodePort', clusterIP: '10.0.0.1', ports: [{}] } }),
    ],
    ['anything being removed', object('ConfigMap', { metadata: { deletionTimestamp: 'now' } })],
    ['an unknown kind', object('Gizmo')],
  ])('is false for %s', (_what, given) => {
    expect(isReady(given).ready).toBe(false)
  })

  it.each([
    ['a rolled-out Deployment', object('Deployment', { spec: { replicas: 2 }, status: done })],
    ['a Deployment scaled to zero', object('Deployment', { spec: { replicas: 0 }, status: seen })],
    ['a rolled-out StatefulSet', object('StatefulSet', { spec: { replicas: 2 }, status: { ...done, ...revisions } })],
    [
      'a DaemonSet on all nodes',
      object('DaemonSet', {
        status: { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
      }),
    ],
    ['a DaemonSet that no node matches', object('DaemonSet', { status: { ...seen, desiredNumberScheduled: 0 } })],
    ['a complete Job', object('Job', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })],
    ['an active namespace', object('Namespace', { status: { phase: 'Active' } })],
    [
      'a NodePort Service',
      object('Service', { spec: { type: 'NodePort', clusterIP: '10.0.0.1', ports: [{ nodePort: 1 }] } }),
    ],
    ['a ConfigMap', object('ConfigMap')],
  ])('is true for %s', (_what, given) => {
    expect(isReady(given).ready).toBe(true)
  })

  it('says how far it is and what the pods wait for', () => {
    const pods = [
      object('Pod', {
        metadata: { name: 'x-1' },
        status: { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'long' } } }] },
      }),
      object('Pod', {
        metadata: { name: 'x-2' },
        status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
      }),
    ]
    const given = object('Deployment', { spec: { replicas: 2 }, status: { ...done, availableReplicas: 0 } })
    expect(isReady(given, pods).reason).toBe('0 of 2 replicas are available; x-1: ImagePullBackOff; x-2: Unschedulable')
  })
})

describe('checkReadiness', () => {
  it('says of each object what it waits for, and of a missing one that it is missing', async () => {
    const cluster = new MemoryCluster()
    const selector = { matchLabels: { app: 'x' } }
    cluster.put({
      ...object('Deployment', { spec: { selector } }),
      apiVersion: 'apps/v1',
      metadata: { name: 'x', namespace: 'n', generation: 1 },
    })
    cluster.put({
      ...object('Pod', { status: { containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] } }),
      metadata: { name: 'x-1', namespace: 'n', labels: { app: 'x' } },
    })
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'n' }
    expect(
      await checkReadiness(cluster, [
        { ...reference, name: 'x' },
        { ...reference, name: 'y' },
      ]),
    ).toEqual([
      { ...reference, name: 'x', ready: false, reason: 'not yet seen by its controller; x-1: ErrImagePull' },
      { ...reference, name: 'y', ready: false, reason: 'does not exist' },
    ])
  })

  it.each([
    ['DaemonSet', ['n', 'n', 'n'], { ...seen, desiredNumberScheduled: 0 }],
    ['Deployment', ['n', 'm', 'n'], done],
  ])('reads several of one owner together, and misses none, with its label or without: %s', async (kind, places, status) => {
    const cluster = new MemoryCluster()
    const references = ['labelled', 'bare', 'missing'].map((name, index) => {
      return { apiVersion: 'apps/v1', kind, name, namespace: places[index] ?? '' }
    })
    for (const { name, namespace } of references.slice(0, 2)) {
      const labels = name === 'labelled' ? ownerLabels('west-1') : {}
      const given = object(kind, { metadata: { name, namespace, labels }, spec: { replicas: 2 }, status })
      cluster.put({ ...given, apiVersion: 'apps/v1' })
    }
    expect(await checkReadiness(cluster, references, { owner: 'west-1' })).toMatchObject([
      { name: 'labelled', ready: true },
      { name: 'bare', ready: true },
      { name: 'missing', ready: false, reason: 'does not exist' },
    ])
  })

  it('stops at the first object that is waited for, where nobody asks what its pods wait for', async () => {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'n' }
    const both = ['x', 'y'].map((name) => ({ ...reference, name }))
    const judged = await checkReadiness(new MemoryCluster(), both, { withPods: false })
    expect(judged).toMatchObject([{ name: 'x', ready: false }])
  })
})

describe('isReadyAsWritten', () => {
  it.each([
    ['ConfigMap', {}, true],
    ['Service', {}, true],
    ['Service', { type: 'NodePort' }, true],
    ['Service', { type: 'LoadBalancer' }, false],
    ['Deployment', {}, false],
  ])('of a %s %o: %s', (kind, spec, expected) => {
    expect(isReadyAsWritten(object(kind, { spec }))).toBe(expected)
  })
})
