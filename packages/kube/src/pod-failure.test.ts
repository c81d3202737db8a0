import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from './object.ts'
import { failureOf, restartsOf } from './pod-failure.ts'

const at = '2026-01-01T00:00:00Z'
const pod = (status: object, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', ...metadata },
  status,
})
const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: at })
const container = (state: object, restartCount = 0) => ({ containerStatuses: [{ name: 'main', state, restartCount }] })

describe('a pod', () => {
  it.each([
    ['runs', { phase: 'Running', ...container({ running: {} }) }],
    ['has succeeded', { phase: 'Succeeded', ...container({ terminated: { exitCode: 0 } }) }],
    ['is being started', { phase: 'Pending', ...container({ waiting: { reason: 'ContainerCreating' } }) }],
    ['says nothing yet', {}],
  ])('does not fail when it %s', (_what, status) => {
    expect(failureOf(pod(status))).toBeNull()
  })

  it.each([
    ['pod_failed', { phase: 'Failed' }],
    ['pod_failed', { phase: 'Unknown' }],
    ['node_lost', { phase: 'Running', reason: 'NodeLost' }],
    ['node_lost', { phase: 'Running', conditions: [condition('Ready', 'Unknown')] }],
    ['container_exit_nonzero', { phase: 'Running', ...container({ terminated: { exitCode: 137 } }) }],
    [
      'container_exit_nonzero',
      { phase: 'Pending', initContainerStatuses: [{ state: { terminated: { exitCode: 1 } } }] },
    ],
    ['container_waiting_error', { phase: 'Running', ...container({ waiting: { reason: 'CrashLoopBackOff' } }) }],
    ['container_waiting_error', { phase: 'Pending', ...container({ waiting: { reason: 'ImagePullBackOff' } }) }],
    [
      'container_waiting_error',
      { phase: 'Pending', ...container({ waiting: { reason: 'CreateContainerConfigError' } }) },
    ],
    ['pod_pending', { phase: 'Pending', conditions: [condition('PodScheduled', 'False')] }],
  ])('fails as %s: %j', (reason, status) => {
    expect(failureOf(pod(status))?.reason).toBe(reason)
  })

  it('tells since when, where Kubernetes notes it', () => {
    const pending = { phase: 'Pending', conditions: [condition('PodScheduled', 'False')] }
    expect(failureOf(pod(pending))?.since).toBe(at)
    expect(failureOf(pod({ phase: 'Failed' }))?.since).toBeNull()
  })

  it('does not fail by ending its containers when it was asked to go', () => {
    const ended = { phase: 'Running', ...container({ terminated: { exitCode: 143 } }) }
    expect(failureOf(pod(ended, { deletionTimestamp: at }))).toBeNull()
  })

  it('counts the restarts of all its containers', () => {
    expect(restartsOf(pod(container({}, 3)))).toBe(3)
    expect(restartsOf(pod({}))).toBe(0)
  })
})
