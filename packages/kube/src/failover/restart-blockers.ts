import { type KubernetesObject, listAt, member, numberAt, textAt } from '../object.ts'

/** Kubernetes' own default of a Job. */
const backoffLimitDefault = 6
/** Who restarts a JobSet unless its `managedBy` names another. */
const ownManager = 'jobset.sigs.k8s.io/jobset-controller'
const queueLabel = 'kueue.x-k8s.io/queue-name'

export type JobSetState = 'active' | 'suspended' | 'completed' | 'failed'

export function stateOf(jobSet: KubernetesObject): JobSetState {
  const ended = textAt(jobSet, 'status', 'terminalState')
  const isTrue = (type: string): boolean =>
    listAt(jobSet, 'status', 'conditions').some(
      (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
    )
  if (ended === 'Completed' || isTrue('Completed')) return 'completed'
  if (ended === 'Failed' || isTrue('Failed')) return 'failed'
  return member(jobSet, 'spec', 'suspend') === true ? 'suspended' : 'active'
}

/**
 * Why evicting leaders of these replicated Jobs would not restart the JobSet, in words; empty when it would. The chain is
 * eviction, failed pod, failed Job, failure policy, restart (spec/failover.md §14); one Job for which it holds restarts all.
 * Null stands for a leader that does not tell its replicated Job: it may be of any.
 */
export function restartBlockers(jobSet: KubernetesObject, replicatedJobs: readonly (string | null)[]): string[] {
  const blocker = blockerOfWhole(jobSet)
  if (blocker !== null) return [blocker]
  const jobs = listAt(jobSet, 'spec', 'replicatedJobs')
  if (replicatedJobs.length === 0) return [withoutLeaders(jobs)]
  const fates = jobs
    .filter((job) => replicatedJobs.includes(textAt(job, 'name') ?? '') || replicatedJobs.includes(null))
    .map((job) => fateOf(jobSet, textAt(job, 'name') ?? '', member(job, 'template', 'spec')))
  const harmful = fates.flatMap((fate) => (fate.kind === 'harmful' ? fate.why : []))
  const useless = fates.flatMap((fate) => (fate.kind === 'useless' ? fate.why : []))
  const isHopeless = !fates.some(({ kind }) => kind === 'restarts')
  return [...new Set([...harmful, ...(isHopeless ? useless : [])])]
}

function blockerOfWhole(jobSet: KubernetesObject): string | null {
  const state = stateOf(jobSet)
  const queue = jobSet.metadata.labels?.[queueLabel]
  if (state === 'suspended' && queue !== undefined)
    return `it is suspended, and Kueue's queue ${queue} says when it goes on`
  if (state === 'suspended') return 'it is suspended: it has no pods'
  if (state !== 'active') return `it has ${state} already`
  const manager = textAt(jobSet, 'spec', 'managedBy') ?? ownManager
  if (manager !== ownManager) return `it is managed by ${manager}, not by this cluster's JobSet controller`
  if (member(jobSet, 'spec', 'failurePolicy') === undefined)
    return 'it has no failurePolicy: a failed Job would fail the JobSet instead of restarting it'
  return null
}

function withoutLeaders(jobs: readonly unknown[]): string {
  const isIndexed = jobs.some((job) => textAt(job, 'template', 'spec', 'completionMode') !== 'NonIndexed')
  return isIndexed
    ? 'no pod of completion index 0 is running, so there is no leader to evict'
    : 'its Jobs are NonIndexed, so they have no leaders'
}

/** What the eviction of a leader brings about: `harmful` does more than wished, `useless` less. */
type Fate = { readonly kind: 'restarts' } | { readonly kind: 'harmful' | 'useless'; readonly why: string }

function fateOf(jobSet: KubernetesObject, name: string, spec: unknown): Fate {
  const failure = failureOf(spec)
  if ('why' in failure) return { kind: 'useless', why: `Job ${name} ${failure.why}` }
  const { action, rule } = ruleFor(jobSet, name, failure.reason)
  const said = rule === null ? '' : ` (failure policy rule ${rule})`
  if (action === 'FailJobSet') return { kind: 'harmful', why: `a failed Job ${name} would fail the JobSet${said}` }
  if (action.startsWith('RestartJobSet'))
    return action === 'RestartJobSet' && restartsUsed(jobSet) >= restartsMax(jobSet)
      ? { kind: 'harmful', why: usedUp(jobSet) }
      : { kind: 'restarts' }
  return { kind: 'useless', why: `a failed Job ${name} would restart alone${said}` }
}

const restartsMax = (jobSet: KubernetesObject): number => numberAt(jobSet, 'spec', 'failurePolicy', 'maxRestarts') ?? 0
const restartsUsed = (jobSet: KubernetesObject): number =>
  numberAt(jobSet, 'status', 'restartsCountTowardsMax') ?? numberAt(jobSet, 'status', 'restarts') ?? 0

const usedUp = (jobSet: KubernetesObject): string =>
  `its restarts are used up (${restartsUsed(jobSet)} of maxRestarts ${restartsMax(jobSet)}): one more failure would fail the JobSet`

/** The reason with which a Job fails after an eviction of its leader, or why it does not fail. */
function failureOf(spec: unknown): { reason: 'BackoffLimitExceeded' | 'PodFailurePolicy' } | { why: string } {
  if (textAt(spec, 'completionMode') === 'NonIndexed') return { why: 'is NonIndexed: it has no leader' }
  const disruption = disruptionAction(spec)
  if (disruption === 'FailJob') return { reason: 'PodFailurePolicy' }
  if (disruption === 'Ignore')
    return { why: 'ignores disruptions (podFailurePolicy): an eviction would only replace the pod' }
  if (disruption !== null || member(spec, 'podFailurePolicy') !== undefined)
    return { why: 'has a podFailurePolicy that does not fail it for a disruption' }
  if (textAt(spec, 'podReplacementPolicy') === 'Failed')
    return { why: 'counts a pod only once it has failed (podReplacementPolicy Failed), which an evicted pod need not' }
  if (member(spec, 'backoffLimitPerIndex') !== undefined)
    return { why: 'fails by index (backoffLimitPerIndex), not as a whole' }
  const backoffLimit = numberAt(spec, 'backoffLimit') ?? backoffLimitDefault
  if (backoffLimit === 0) return { reason: 'BackoffLimitExceeded' }
  return { why: `has backoffLimit ${backoffLimit}: an eviction would only replace the pod` }
}

/** What the Job's podFailurePolicy does when a pod is evicted, which gives it the condition DisruptionTarget; null: nothing. */
function disruptionAction(spec: unknown): string | null {
  const rule = listAt(spec, 'podFailurePolicy', 'rules').find((one) =>
    listAt(one, 'onPodConditions').some(
      (condition) =>
        textAt(condition, 'type') === 'DisruptionTarget' && (textAt(condition, 'status') ?? 'True') === 'True',
    ),
  )
  return textAt(rule, 'action') ?? null
}

/** What the JobSet does about a failed Job. A rule that asks for a message may apply or not: it counts where it would do harm. */
function ruleFor(jobSet: KubernetesObject, job: string, reason: string): { action: string; rule: string | null } {
  const rule = listAt(jobSet, 'spec', 'failurePolicy', 'rules').find((one) => {
    const [reasons, targets] = [listAt(one, 'onJobFailureReasons'), listAt(one, 'targetReplicatedJobs')]
    const isPossible = listAt(one, 'onJobFailureMessagePatterns').length === 0 || textAt(one, 'action') === 'FailJobSet'
    return (
      isPossible &&
      (reasons.length === 0 || reasons.includes(reason)) &&
      (targets.length === 0 || targets.includes(job))
    )
  })
  return { action: textAt(rule, 'action') ?? 'RestartJobSet', rule: textAt(rule, 'name') ?? null }
}
