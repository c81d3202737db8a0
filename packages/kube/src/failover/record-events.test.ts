import { describe, expect, it } from 'vitest'
import { MemoryCluster } from '../memory-cluster.ts'
import { type EventNote, recordEvents } from './record-events.ts'

const node: EventNote = {
  kind: 'Node',
  namespace: null,
  name: 'n-1',
  uid: 'u-1',
  type: 'Normal',
  reason: 'FailoverActionTriggered',
  message: 'cordon_nodepool: too hot',
}
const jobSet: EventNote = { ...node, kind: 'JobSet', namespace: 'train', name: 'job', uid: 'u-2' }
const at = new Date('2030-01-01T00:00:00.500Z')

describe('events of an action', () => {
  it('are about their objects, where Kubernetes looks for them', async () => {
    const cluster = new MemoryCluster()
    expect(await recordEvents(cluster, 'task-a', [node, jobSet], at)).toBe(2)
    expect(cluster.objects()).toMatchObject([
      {
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^n-1\.[0-9a-f]{16}$/), namespace: 'default' },
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'n-1', uid: 'u-1' },
        type: 'Normal',
        reason: 'FailoverActionTriggered',
        message: 'cordon_nodepool: too hot',
        firstTimestamp: '2030-01-01T00:00:00Z',
      },
      {
        metadata: { namespace: 'train' },
        involvedObject: { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet', namespace: 'train', name: 'job' },
      },
    ])
  })

  it('are written once for each action, reason and object', async () => {
    const cluster = new MemoryCluster()
    await recordEvents(cluster, 'task-a', [node], at)
    const before = cluster.objects()
    expect(await recordEvents(cluster, 'task-a', [{ ...node, message: 'again' }], new Date(0))).toBe(0)
    expect(cluster.objects()).toEqual(before)
    const others = [
      { ...node, reason: 'FailoverEnded' },
      { ...node, name: 'n-2', uid: 'u-3' },
    ]
    expect(await recordEvents(cluster, 'task-a', others, at)).toBe(2)
    expect(await recordEvents(cluster, 'task-b', [node], at)).toBe(1)
  })

  it('have a message that Kubernetes takes', async () => {
    const cluster = new MemoryCluster()
    const name = 'n'.repeat(253)
    await recordEvents(cluster, 'task-a', [{ ...node, name, message: 'x'.repeat(5000) }], at)
    const [event] = cluster.objects()
    expect([event?.metadata.name.length, String(event?.message).length]).toEqual([217, 1024])
  })
})
