import { type KubernetesObject, listAt, member, numberAt, textAt } from './object.ts'

/** Why a pod counts as failed (spec/cluster-controller.md §7). */
export type FailureReason =
  | 'pod_failed'
  | 'node_lost'
  | 'container_exit_nonzero'
  | 'container_waiting_error'
  | 'pod_pending'

export interface PodFailure {
  readonly reason: FailureReason
  /** Since when it is so, as Kubernetes notes it; null where it notes nothing. */
  readonly since: string | null
}

const waitingErrors = new Set([
  'CrashLoopBackOff',
  'Error',
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

/** How a pod fails by its own account; null when it does not. What runs on a lost node cannot say so. */
export function failureOf(pod: KubernetesObject): PodFailure | null {
  const phase = textAt(pod, 'status', 'phase')
  const condition = (type: string): unknown =>
    listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === type)
  const failure = (reason: FailureReason, type: string): PodFailure => ({
    reason,
    since: textAt(condition(type), 'lastTransitionTime') ?? null,
  })
  if (phase === 'Succeeded') return null
  if (phase === 'Failed' || phase === 'Unknown') return failure('pod_failed', 'Ready')
  if (textAt(pod, 'status', 'reason') === 'NodeLost' || textAt(condition('Ready'), 'status') === 'Unknown')
    return failure('node_lost', 'Ready')
  // A pod that is asked to go ends its containers; that is no failure.
  if (pod.metadata.deletionTimestamp !== undefined) return null
  const states = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]
  if (states.some((one) => (numberAt(one, 'state', 'terminated', 'exitCode') ?? 0) !== 0))
    return failure('container_exit_nonzero', 'Ready')
  if (states.some((one) => waitingErrors.has(textAt(one, 'state', 'waiting', 'reason') ?? '')))
    return failure('container_waiting_error', 'Ready')
  return textAt(condition('PodScheduled'), 'status') === 'False' ? failure('pod_pending', 'PodScheduled') : null
}

/** How often the containers of a pod were started again. */
export const restartsOf = (pod: KubernetesObject): number =>
  listAt(pod, 'status', 'containerStatuses').reduce<number>((sum, one) => sum + (numberAt(one, 'restartCount') ?? 0), 0)

/** The conditions of a pod as they are told. */
export const podConditions = (pod: KubernetesObject): { type: string; status: string; reason: string | null }[] =>
  listAt(pod, 'status', 'conditions').map((one) => ({
    type: textAt(one, 'type') ?? '',
    status: textAt(one, 'status') ?? 'Unknown',
    reason: textAt(one, 'reason') ?? null,
  }))

/** A label of a pod, or null. */
export const podLabel = (pod: KubernetesObject, name: string): string | null =>
  (member(pod, 'metadata', 'labels', name) as string | undefined) ?? null
