import { at, numberAt, splitKey, type Tree, textAt } from '../object.ts'
import {
  type Condition,
  conditionOf,
  isActive,
  isFinished,
  isReady,
  type Pod,
  type Workload,
  withCondition,
} from '../shapes.ts'
import { createPod, keysOfOwned, ownedBy, removePod } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'jobs.batch'
const manager = 'kube-controller-manager'
const indexMark = 'batch.kubernetes.io/job-completion-index'

/** Runs the pods of each Job until enough have succeeded or too many have failed. */
export function jobController(context: ControllerContext): Controller {
  const { objects, store, clock } = context
  const removed = new OwnRemovals()
  return {
    name: 'job',
    keysOf: (change) => keysOfOwned(change, storeKey, 'Job'),
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const job = store.get(storeKey, namespace, name) as Workload | undefined
      if (!job || job.metadata.deletionTimestamp) return undefined
      const pods = ownedBy<Pod>(store, 'pods', job)
      const lost = pods.filter((pod) => isLost(job, pod) && !removed.has(key, pod))
      const ended = endOf(job, pods, { lost: lost.length, now: clock.now() })
      const surplus = (ended ?? job.spec.suspend) ? pods.filter(isActive) : startMissing(context, job, pods)
      removed.keep(key, pods, surplus)
      for (const pod of surplus) removePod(context, pod)
      report(context, job, ended)
      return removeExpired(context, job) ?? deadlineOf(job)
    },
  }

  function removeExpired({ clock }: ControllerContext, job: Workload): number | undefined {
    const now = store.get(storeKey, job.metadata.namespace, job.metadata.name) as Workload | undefined
    const finished = now && (conditionOf(now, 'Complete') ?? conditionOf(now, 'Failed'))
    if (!now || finished?.status !== 'True' || now.spec.ttlSecondsAfterFinished === undefined) return undefined
    const due = Date.parse(finished.lastTransitionTime ?? '') + now.spec.ttlSecondsAfterFinished * 1000
    if (due > clock.now()) return due
    objects.delete(objects.resources.get(storeKey), now.metadata.namespace, now.metadata.name, {
      propagationPolicy: 'Background',
    })
    return undefined
  }
}

/** Which pods the controller itself sends away, because none of these counts as a failure; by Job. */
class OwnRemovals {
  readonly #uids = new Map<string, Set<string>>()

  has(key: string, pod: Pod): boolean {
    return this.#uids.get(key)?.has(pod.metadata.uid) === true
  }

  keep(key: string, present: readonly Pod[], removed: readonly Pod[]): void {
    const uids = [...present.filter((pod) => this.has(key, pod)), ...removed].map((pod) => pod.metadata.uid)
    if (uids.length === 0) this.#uids.delete(key)
    else this.#uids.set(key, new Set(uids))
  }
}

/** A pod that somebody else removes is a failed one, unless the Job asks to see it fail. It counts while it is going. */
const isLost = (job: Workload, pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined &&
  !isFinished(pod) &&
  at(job, 'spec', 'podFailurePolicy') === undefined &&
  textAt(job, 'spec', 'podReplacementPolicy') !== 'Failed'

const isIndexed = (job: Workload): boolean => job.spec.completionMode === 'Indexed'
const indexOf = (pod: Pod): string => pod.metadata.annotations?.[indexMark] ?? ''
const inPhase = (pods: readonly Pod[], phase: string): Pod[] => pods.filter((pod) => pod.status?.phase === phase)

function succeededOf(job: Workload, pods: readonly Pod[]): number {
  const succeeded = inPhase(pods, 'Succeeded')
  return isIndexed(job) ? new Set(succeeded.map(indexOf)).size : succeeded.length
}

function deadlineOf(job: Workload): number | undefined {
  const seconds = numberAt(job, 0, 'spec', 'activeDeadlineSeconds')
  const started = textAt(job.status, 'startTime')
  return seconds > 0 && started !== '' && !job.spec.suspend ? Date.parse(started) + seconds * 1000 : undefined
}

/** The condition that ends the Job, or undefined while it goes on. */
function endOf(
  job: Workload,
  pods: readonly Pod[],
  { lost, now }: { lost: number; now: number },
): Condition | undefined {
  for (const type of ['Complete', 'Failed']) {
    const condition = conditionOf(job, type)
    if (condition?.status === 'True') return condition
  }
  const deadline = deadlineOf(job)
  if (deadline !== undefined && deadline <= now)
    return {
      type: 'Failed',
      status: 'True',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    }
  if (inPhase(pods, 'Failed').length + lost > (job.spec.backoffLimit ?? 6))
    return {
      type: 'Failed',
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    }
  const succeeded = succeededOf(job, pods)
  const isEnough =
    job.spec.completions === undefined ? succeeded > 0 && !pods.some(isActive) : succeeded >= job.spec.completions
  return isEnough
    ? {
        type: 'Complete',
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      }
    : undefined
}

/** Starts pods that are missing; returns those that are too many. */
function startMissing(context: ControllerContext, job: Workload, pods: readonly Pod[]): Pod[] {
  const active = pods.filter(isActive)
  const parallelism = job.spec.parallelism ?? 1
  const succeeded = succeededOf(job, pods)
  const open =
    job.spec.completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, job.spec.completions - succeeded)
  const taken = new Set([...active, ...inPhase(pods, 'Succeeded')].map(indexOf))
  for (let missing = open - active.length; missing > 0; missing -= 1) {
    if (!isIndexed(job)) {
      createPod(context, job, job.spec.template, manager)
      continue
    }
    let index = 0
    while (taken.has(String(index))) index += 1
    taken.add(String(index))
    createIndexed(context, job, index)
  }
  return active.slice(Math.max(0, open))
}

function createIndexed(context: ControllerContext, job: Workload, index: number): void {
  const marks = { [indexMark]: String(index) }
  const variable = { name: 'JOB_COMPLETION_INDEX', value: String(index) }
  const template = job.spec.template
  const containers = template.spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []), variable],
  }))
  const prefix = `${job.metadata.name}-${index}`
  createPod(context, job, template, manager, {
    prefix,
    labels: marks,
    annotations: marks,
    spec: { containers, hostname: prefix },
  })
}

function report(context: ControllerContext, job: Workload, ended: Condition | undefined): void {
  const { objects, store } = context
  const pods = ownedBy<Pod>(store, 'pods', job)
  const active = pods.filter(isActive)
  const now = objects.now()
  const isComplete = ended?.type === 'Complete'
  const counts: Tree = {
    active: active.length,
    ready: active.filter(isReady).length,
    succeeded: succeededOf(job, pods),
    failed: inPhase(pods, 'Failed').length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp).length,
    ...(isIndexed(job)
      ? { completedIndexes: intervals(inPhase(pods, 'Succeeded').map((pod) => Number(indexOf(pod)))) }
      : {}),
  }
  objects.mutate<Workload>(
    storeKey,
    job,
    (draft) => {
      let conditions = draft.status?.conditions ?? []
      const wasSuspended = conditions.some((each) => each.type === 'Suspended' && each.status === 'True')
      if (draft.spec.suspend || wasSuspended)
        conditions = withCondition(conditions, suspension(draft.spec.suspend === true), now)
      if (ended) {
        const first = { ...ended, type: isComplete ? 'SuccessCriteriaMet' : 'FailureTarget' }
        conditions = withCondition(withCondition(conditions, first, now), ended, now)
      }
      const startTime = draft.spec.suspend ? undefined : textAt(draft.status, 'startTime') || now
      const completionTime = isComplete ? textAt(draft.status, 'completionTime') || now : undefined
      draft.status = {
        ...draft.status,
        ...counts,
        startTime,
        completionTime,
        ...(conditions.length > 0 ? { conditions } : {}),
      }
    },
    { manager, subresource: 'status' },
  )
}

const suspension = (isSuspended: boolean): Condition => ({
  type: 'Suspended',
  status: isSuspended ? 'True' : 'False',
  reason: isSuspended ? 'JobSuspended' : 'JobResumed',
  message: isSuspended ? 'Job suspended' : 'Job resumed',
})

/** `0-2,5`: indexes in order, runs drawn together. */
function intervals(indexes: readonly number[]): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b)
  const runs: [first: number, last: number][] = []
  for (const index of sorted) {
    const run = runs.at(-1)
    if (run && run[1] === index - 1) run[1] = index
    else runs.push([index, index])
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}
