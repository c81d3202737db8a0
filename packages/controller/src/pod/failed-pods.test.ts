import type { KubernetesObject } from '@gridgate/kube/object'
import { describe, expect, it } from 'vitest'
import { FailureHistory, keepPod } from './failed-pods.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const after = (minutes: number): Date => new Date(start + minutes * 60_000)
const labels = { blockID: 'blk-1', instanceID: 'in-1' }
const crashed = {
  phase: 'Running',
  containerStatuses: [{ restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
}
const running = { phase: 'Running', containerStatuses: [{ restartCount: 2, state: { running: {} } }] }

const pod = (status: object, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'blk-1-in-1-x', namespace: 'blocks', uid: 'u1', labels, ...metadata },
  spec: { nodeName: 'worker-1' },
  status,
})
const kept = (...pods: KubernetesObject[]) =>
  new Map(
    pods.flatMap((one) => {
      const keeps = keepPod(one)
      return keeps ? [[one.metadata.name, keeps] as const] : []
    }),
  )
const nobodyLost = (): boolean => false

describe('a failed pod', () => {
  it('is told in the documented shape', () => {
    expect(new FailureHistory().look(kept(pod(crashed)), nobodyLost, after(0))).toEqual([
      {
        instanceId: 'in-1',
        blockId: 'blk-1',
        pod_name: 'blk-1-in-1-x',
        failure_reason: 'container_waiting_error',
        first_seen_at: after(0).toISOString(),
        pod_data: { node_name: 'worker-1', namespace: 'blocks', restart_count: 2, conditions: [] },
      },
    ])
  })

  it.each([
    ['an executor', { blockID: 'blk-1', instanceID: 'executor' }],
    ['a pod without an instance', { blockID: 'blk-1' }],
    ['a pod without labels', {}],
  ])('is not %s', (_what, others) => {
    expect(keepPod(pod(crashed, { labels: others }))).toBeNull()
  })

  it('is no news while it lasts, also while it runs between two crashes', () => {
    const history = new FailureHistory()
    const first = history.look(kept(pod(crashed)), nobodyLost, after(0))[0]?.first_seen_at
    expect(history.look(kept(pod(running)), nobodyLost, after(5))).toEqual([])
    expect(history.look(kept(pod(crashed)), nobodyLost, after(9))[0]?.first_seen_at).toBe(first)
  })

  it('is news after it was well for ten minutes, and as another pod of its name', () => {
    const history = new FailureHistory()
    history.look(kept(pod(crashed)), nobodyLost, after(0))
    history.look(kept(pod(running)), nobodyLost, after(11))
    expect(history.look(kept(pod(crashed)), nobodyLost, after(12))[0]?.first_seen_at).toBe(after(12).toISOString())
    const successor = pod(crashed, { uid: 'u2' })
    expect(history.look(kept(successor), nobodyLost, after(13))[0]?.first_seen_at).toBe(after(13).toISOString())
  })

  it('keeps the time that Kubernetes noted, which outlives the controller', () => {
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: after(-30).toISOString() }]
    const look = () => new FailureHistory().look(kept(pod({ ...crashed, conditions })), nobodyLost, after(0))
    expect(look()[0]?.first_seen_at).toBe(after(-30).toISOString())
  })

  it('is what runs on a lost node, though it cannot say so', () => {
    const isLost = (name: string): boolean => name === 'worker-1'
    expect(new FailureHistory().look(kept(pod(running)), isLost, after(0))[0]?.failure_reason).toBe('node_lost')
    expect(new FailureHistory().look(kept(pod({ phase: 'Succeeded' })), isLost, after(0))).toEqual([])
  })
})
