import type { KubeClient } from '../client.ts'
import { type KubernetesObject, listAt, member, numberAt } from '../object.ts'
import { hasEnded, podsOfJobSet, type SeenPod } from './pods.ts'
import { type PodTarget, restartsOf } from './restart.ts'
import { stateOf } from './restart-blockers.ts'
import { requireJobSet } from './survey.ts'
import { newest } from './survey-job-set.ts'

export interface RestartWatch {
  readonly namespace: string
  readonly jobset_name: string
  readonly jobset_uid: string
  readonly restarts_before: number
  /** The leaders that were evicted. */
  readonly pods: readonly PodTarget[]
}

export interface RestartSeen {
  readonly has_restarted: boolean
  readonly restarts: number
  readonly pods_ready: { readonly ready: number; readonly total: number }
  readonly detail: string
}

/**
 * Whether the JobSet has restarted: its count of restarts grew. Where it keeps no count, every old leader is gone
 * (spec/decisions.md 30); a count that stands is never overruled by that, because a Job may only have replaced its pod.
 * @throws {GridError} `jobset.not_found`
 */
export async function watchRestart(
  client: Pick<KubeClient, 'get' | 'page'>,
  { namespace, jobset_name: name, jobset_uid: uid, restarts_before, pods: old }: RestartWatch,
): Promise<RestartSeen> {
  const jobSet = await requireJobSet(client, { namespace, name, uid })
  const pods = await podsOfJobSet(client, namespace, name)
  const counted = restartsOf(jobSet)
  const left = old.filter((leader) => pods.some((pod) => pod.uid === leader.uid))
  const has_restarted = counted === null ? left.length === 0 : counted > restarts_before
  const ready = newest(pods).filter((pod) => pod.attempt >= (counted ?? 0) && isReady(pod)).length
  const pods_ready = { ready, total: podsWanted(jobSet) ?? newest(pods).length }
  const detail = detailOf(jobSet, { restarts_before, counted, left: left.length })
  return { has_restarted, restarts: counted ?? 0, pods_ready, detail }
}

const isReady = (pod: SeenPod): boolean => pod.isReady && !pod.isTerminating && !hasEnded(pod)

/** How many pods the JobSet runs at a time; null where it has no Jobs of its own. */
function podsWanted(jobSet: KubernetesObject): number | null {
  const jobs = listAt(jobSet, 'spec', 'replicatedJobs')
  if (jobs.length === 0) return null
  return jobs.reduce((sum: number, job) => {
    const spec = member(job, 'template', 'spec')
    const parallelism = numberAt(spec, 'parallelism') ?? 1
    return sum + (numberAt(job, 'replicas') ?? 1) * Math.min(parallelism, numberAt(spec, 'completions') ?? parallelism)
  }, 0)
}

function detailOf(
  jobSet: KubernetesObject,
  { restarts_before, counted, left }: { restarts_before: number; counted: number | null; left: number },
): string {
  const state = stateOf(jobSet)
  const leaders = left === 0 ? 'every old leader is gone' : `${left} old leaders are still there`
  if (state !== 'active') return `the JobSet is ${state}; ${leaders}`
  return counted === null
    ? `it keeps no count of restarts; ${leaders}`
    : `restarts ${restarts_before} before, ${counted} now; ${leaders}`
}
