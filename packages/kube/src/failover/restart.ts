import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '../client.ts'
import type { Eviction } from '../eviction.ts'
import { claim } from '../fence.ts'
import { type KubernetesObject, numberAt } from '../object.ts'
import { type Paced, type PacePorts, paced, whyNotDone } from '../pacing.ts'
import { requireJobSet } from './survey.ts'

/** Nothing is begun after this long, in milliseconds: with the last request it ends before its caller stops waiting (25 s). */
const workMsMax = 12_000

export interface PodTarget {
  readonly name: string
  readonly uid: string
}

export interface RestartOrder {
  readonly namespace: string
  readonly jobset_name: string
  readonly jobset_uid: string
  /** The leaders to evict. */
  readonly pods: readonly PodTarget[]
  readonly fence: number
}

/** `blocked`: a disruption budget does not allow it now, and is never overridden. */
export interface PodReport {
  readonly name: string
  readonly outcome: 'evicted' | 'gone' | 'blocked' | 'failed'
  readonly detail: string | null
}

/**
 * Asks the leaders of a JobSet to go, so that it restarts as a whole. Each is meant by its UID, so repeating it never
 * reaches a pod of the next attempt.
 * @throws {GridError} `jobset.not_found`; `action.fenced` when the JobSet belongs to a later action, with no pod evicted
 */
export async function restartJobSet(
  client: Pick<KubeClient, 'get' | 'merge' | 'evict'>,
  order: RestartOrder,
  ports: PacePorts = {},
): Promise<PodReport[]> {
  const { namespace, jobset_name: name, jobset_uid: uid, pods, fence } = order
  const jobSet = await requireJobSet(client, { namespace, name, uid })
  if (!(await claim(client, jobSet, fence)))
    throw new GridError('jobset.not_found', `JobSet ${namespace}/${name} is gone`)
  const evict = (pod: PodTarget) => client.evict({ namespace, name: pod.name }, { uid: pod.uid })
  const outcomes = await paced(pods, evict, { ...ports, msMax: workMsMax })
  return pods.map((pod, index) => ({ name: pod.name, ...told(outcomes[index] ?? { state: 'late' }) }))
}

function told(one: Paced<Eviction>): Omit<PodReport, 'name'> {
  if (one.state !== 'done') return { outcome: 'failed', detail: whyNotDone(one) }
  const { result } = one
  if (result.outcome === 'blocked') return { outcome: 'blocked', detail: blockOf(result) }
  return { outcome: result.outcome === 'accepted' ? 'evicted' : 'gone', detail: null }
}

function blockOf({ reason, budget }: Extract<Eviction, { outcome: 'blocked' }>): string {
  if (reason === 'several_budgets') return 'several PodDisruptionBudgets cover it, which Kubernetes cannot evict'
  if (reason === 'namespace_terminating') return 'its namespace is being removed'
  return `the PodDisruptionBudget ${budget ?? 'of the pod'} does not allow it now`
}

/** How often a JobSet has been restarted; null where its controller keeps no count, or there is none. */
export const restartsOf = (jobSet: KubernetesObject): number | null => numberAt(jobSet, 'status', 'restarts') ?? null
