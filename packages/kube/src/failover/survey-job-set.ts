import type { Leader, SurveyJobSet } from '@gridgate/core/action/survey'
import { type KubernetesObject, numberAt } from '../object.ts'
import { hasEnded, type SeenPod } from './pods.ts'
import { restartBlockers, stateOf } from './restart-blockers.ts'

/** The JobSet as far as restarting it is concerned; without a pool, `poolNodes` is null. */
export function surveyJobSet(
  jobSet: KubernetesObject,
  pods: readonly SeenPod[],
  poolNodes: ReadonlySet<string> | null,
): SurveyJobSet {
  const { name, namespace = '', uid = '' } = jobSet.metadata
  const current = newest(pods)
  const isOnPool = (pod: SeenPod): boolean => pod.node !== null && poolNodes?.has(pod.node) === true
  const onPool = current.filter((pod) => isOnPool(pod) && !hasEnded(pod))
  const jobsOnPool = new Set(onPool.map(({ job }) => job))
  const leaders = leadersOf(current)
  const evictable = leaders.filter((pod) => !hasEnded(pod) && !pod.isTerminating)
  const meant = evictable.filter(({ job }) => jobsOnPool.has(job))
  const replicated = new Set((meant.length > 0 ? meant : evictable).map(({ replicatedJob }) => replicatedJob))
  return {
    namespace,
    name,
    uid,
    restarts: numberAt(jobSet, 'status', 'restarts') ?? 0,
    state: stateOf(jobSet),
    leaders: leaders.map((pod) => leaderOf(pod, jobsOnPool.has(pod.job))),
    blockers: restartBlockers(jobSet, [...replicated]),
    nodes_needed: new Set(onPool.map(({ node }) => node)).size,
  }
}

/** The pods of the newest restart attempt: those of older ones are on their way out. */
export function newest(pods: readonly SeenPod[]): SeenPod[] {
  const attempt = pods.reduce((highest, pod) => Math.max(highest, pod.attempt), 0)
  return pods.filter((pod) => pod.attempt === attempt)
}

/** One leader for each child Job: a pod that was replaced stays a while beside its successor. */
function leadersOf(pods: readonly SeenPod[]): SeenPod[] {
  const rank = (pod: SeenPod): number => Number(pod.isTerminating) + 2 * Number(hasEnded(pod))
  const byJob = new Map<string, SeenPod>()
  for (const pod of pods.filter(({ isLeader }) => isLeader)) {
    const known = byJob.get(pod.job)
    if (!known || rank(pod) < rank(known)) byJob.set(pod.job, pod)
  }
  return [...byJob.values()].toSorted((a, b) => a.job.localeCompare(b.job))
}

const leaderOf = (pod: SeenPod, is_on_pool: boolean): Leader => ({
  namespace: pod.namespace,
  name: pod.name,
  uid: pod.uid,
  job: pod.job,
  node: pod.node,
  phase: pod.phase,
  is_terminating: pod.isTerminating,
  is_on_pool,
})
