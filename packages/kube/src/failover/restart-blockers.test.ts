import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../object.ts'
import { restartBlockers, stateOf } from './restart-blockers.ts'

const once = { completionMode: 'Indexed', backoffLimit: 0 }
const onDisruption = (action: string) => ({
  podReplacementPolicy: 'Failed',
  podFailurePolicy: { rules: [{ action, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
})

function jobSet(
  given: { job?: object; other?: object; spec?: object; policy?: object | null; status?: object; labels?: object } = {},
): KubernetesObject {
  const { job = once, other = once, spec = {}, policy = { maxRestarts: 99 }, status = {}, labels = {} } = given
  const replicatedJobs = Object.entries({ driver: job, worker: other }).map(([name, template]) => ({
    name,
    template: { spec: template },
  }))
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name: 'train', namespace: 'default', labels: { ...labels } },
    spec: { replicatedJobs, ...(policy === null ? {} : { failurePolicy: policy }), ...spec },
    status,
  }
}
const rule = (action: string, given: object = {}) => ({ maxRestarts: 1, rules: [{ name: 'r', action, ...given }] })

describe('a restart by eviction', () => {
  it.each([
    ['a Job that fails with its first pod', jobSet()],
    ['restarts left', jobSet({ policy: { maxRestarts: 3 }, status: { restartsCountTowardsMax: 2, restarts: 9 } })],
    ['a Job that fails for a disruption', jobSet({ job: { ...once, backoffLimit: 6, ...onDisruption('FailJob') } })],
    ['another Job that does not fail', jobSet({ other: { completionMode: 'Indexed' } })],
    [
      'a rule that ignores the maximum',
      jobSet({
        policy: rule('RestartJobSetAndIgnoreMaxRestarts', { onJobFailureReasons: ['BackoffLimitExceeded'] }),
        status: { restartsCountTowardsMax: 1 },
      }),
    ],
    ['a rule for other Jobs', jobSet({ policy: rule('FailJobSet', { targetReplicatedJobs: ['other'] }) })],
    ['a rule for other reasons', jobSet({ policy: rule('FailJobSet', { onJobFailureReasons: ['DeadlineExceeded'] }) })],
    ['its own manager', jobSet({ spec: { managedBy: 'jobset.sigs.k8s.io/jobset-controller' } })],
  ])('works with %s', (_what, set) => {
    expect(restartBlockers(set, ['driver', 'worker'])).toEqual([])
  })

  it.each([
    ['backoffLimit 6', jobSet({ job: { backoffLimit: 6 } }), /^Job driver has backoffLimit 6: .* only replace the pod/],
    ['no backoffLimit, which is 6', jobSet({ job: {} }), /^Job driver has backoffLimit 6/],
    ['a limit for each index', jobSet({ job: { ...once, backoffLimitPerIndex: 0 } }), /backoffLimitPerIndex/],
    ['no failurePolicy', jobSet({ policy: null }), /no failurePolicy: .* fail the JobSet/],
    ['no restart allowed', jobSet({ policy: {} }), /used up \(0 of maxRestarts 0\)/],
    [
      'no restart left',
      jobSet({ policy: { maxRestarts: 2 }, status: { restarts: 2 } }),
      /used up \(2 of maxRestarts 2\)/,
    ],
    [
      'podReplacementPolicy',
      jobSet({ job: { ...once, podReplacementPolicy: 'Failed' } }),
      /podReplacementPolicy Failed/,
    ],
    ['ignored disruptions', jobSet({ job: { ...once, ...onDisruption('Ignore') } }), /ignores disruptions/],
    [
      'counted disruptions',
      jobSet({ job: { ...once, ...onDisruption('Count') } }),
      /podFailurePolicy that does not fail/,
    ],
    ['a policy for exit codes', jobSet({ job: { ...once, podFailurePolicy: { rules: [] } } }), /podFailurePolicy/],
    ['a NonIndexed Job', jobSet({ job: { ...once, completionMode: 'NonIndexed' } }), /NonIndexed: it has no leader/],
    ['a rule that fails it', jobSet({ policy: rule('FailJobSet') }), /would fail the JobSet \(failure policy rule r\)/],
    [
      'a rule that may fail it',
      jobSet({ policy: rule('FailJobSet', { onJobFailureMessagePatterns: ['x'] }) }),
      /would fail the JobSet/,
    ],
    ['a rule for the Job alone', jobSet({ policy: rule('RestartJob') }), /would restart alone/],
    ['its suspension', jobSet({ spec: { suspend: true } }), /^it is suspended: it has no pods/],
    [
      'suspension by Kueue',
      jobSet({ spec: { suspend: true }, labels: { 'kueue.x-k8s.io/queue-name': 'gpu' } }),
      /Kueue's queue gpu/,
    ],
    ['its end', jobSet({ status: { terminalState: 'Completed' } }), /^it has completed already/],
    ['its failure', jobSet({ status: { terminalState: 'Failed' } }), /^it has failed already/],
    ['another manager', jobSet({ spec: { managedBy: 'kueue.x-k8s.io/multikueue' } }), /managed by kueue/],
  ])('is blocked by %s', (_what, set, why) => {
    expect(restartBlockers(set, ['driver'])).toEqual([expect.stringMatching(why)])
  })

  it('is blocked by a Job whose failure would fail the JobSet, whatever the others would do', () => {
    const set = jobSet({ policy: rule('FailJobSet', { targetReplicatedJobs: ['worker'] }) })
    expect(restartBlockers(set, ['driver'])).toEqual([])
    expect(restartBlockers(set, ['driver', 'worker'])).toEqual([expect.stringMatching(/failed Job worker would fail/)])
  })

  it('needs a leader', () => {
    const nonIndexed = { ...once, completionMode: 'NonIndexed' }
    expect(restartBlockers(jobSet(), [])).toEqual([expect.stringMatching(/no leader to evict/)])
    expect(restartBlockers(jobSet({ job: nonIndexed, other: nonIndexed }), [])).toEqual([
      expect.stringMatching(/NonIndexed, so they have no leaders/),
    ])
  })
})

describe('the state of a JobSet', () => {
  it.each([
    ['active', jobSet()],
    ['suspended', jobSet({ spec: { suspend: true } })],
    ['completed', jobSet({ status: { conditions: [{ type: 'Completed', status: 'True' }] } })],
    ['failed', jobSet({ spec: { suspend: true }, status: { terminalState: 'Failed' } })],
  ])('is %s', (state, set) => {
    expect(stateOf(set)).toBe(state)
  })
})
