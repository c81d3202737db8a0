import { at, type KubeObject, numberAt, splitKey, type Tree, textAt, treeAt, treesAt } from '../object.ts'
import { type Condition, conditionOf, type Workload, withCondition } from '../shapes.ts'
import { keysOfOwned, ownedBy, ownerReference } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'jobsets.jobset.x-k8s.io'
const jobs = 'jobs.batch'
const manager = 'jobset'
const mark = 'jobset.sigs.k8s.io'

/** Keeps the Jobs of each JobSet, all of one attempt; starts the next attempt when one fails (JobSet 0.12). */
export function jobSetController(context: ControllerContext): Controller {
  return {
    name: 'job-set',
    keysOf: (change) => keysOfOwned(change, storeKey, 'JobSet'),
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const set = context.store.get(storeKey, namespace, name)
      if (!set || set.metadata.deletionTimestamp) return undefined
      const all = ownedBy<Workload>(context.store, jobs, set)
      const attempt = numberAt(set, 0, 'status', 'restarts')
      const current = all.filter((job) => job.metadata.labels?.[`${mark}/restart-attempt`] === String(attempt))
      if (textAt(set, 'status', 'terminalState') !== '') return undefined
      for (const job of all) if (!current.includes(job)) removeJob(context, job)
      const ended = endOf(set, current)
      if (ended) finish(context, set, ended, current)
      else if (current.some((job) => isTrue(job, 'Failed'))) restart(context, set)
      else if (all.length === current.length) keepJobs(context, set, current, attempt)
      return report(context, set)
    },
  }
}

const isTrue = (object: KubeObject, type: string): boolean => conditionOf(object, type)?.status === 'True'

function removeJob({ objects, store }: ControllerContext, job: KubeObject): void {
  const { namespace, name } = job.metadata
  const found = store.get(jobs, namespace, name)
  if (found && !found.metadata.deletionTimestamp)
    objects.delete(objects.resources.get(jobs), namespace, name, { propagationPolicy: 'Foreground' })
}

/** The state in which the JobSet ends, or undefined while it goes on. */
function endOf(set: KubeObject, current: readonly Workload[]): Condition | undefined {
  const maxRestarts = numberAt(set, 0, 'spec', 'failurePolicy', 'maxRestarts')
  if (
    current.some((job) => isTrue(job, 'Failed')) &&
    numberAt(set, 0, 'status', 'restartsCountTowardsMax') >= maxRestarts
  )
    return {
      type: 'Failed',
      status: 'True',
      reason: maxRestarts === 0 ? 'FailedJobs' : 'ReachedMaxRestarts',
      message: 'jobset failed due to one or more job failures',
    }
  const policy = treeAt(set, 'spec', 'successPolicy')
  const targets = Array.isArray(policy.targetReplicatedJobs) ? policy.targetReplicatedJobs.map(String) : []
  const counted = treesAt(set, 'spec', 'replicatedJobs').filter(
    (each) => targets.length === 0 || targets.includes(textAt(each, 'name')),
  )
  const wanted = counted.reduce((sum, each) => sum + numberAt(each, 1, 'replicas'), 0)
  const names = new Set(counted.map((each) => textAt(each, 'name')))
  const done = current.filter(
    (job) => isTrue(job, 'Complete') && names.has(job.metadata.labels?.[`${mark}/replicatedjob-name`] ?? ''),
  ).length
  const isDone = policy.operator === 'Any' ? done > 0 : wanted > 0 && done >= wanted
  return isDone
    ? { type: 'Completed', status: 'True', reason: 'AllJobsCompleted', message: 'jobset completed successfully' }
    : undefined
}

function finish(context: ControllerContext, set: KubeObject, ended: Condition, current: readonly Workload[]): void {
  for (const job of current) if (!isTrue(job, 'Complete') && !isTrue(job, 'Failed')) removeJob(context, job)
  changeStatus(context, set, (status) => ({
    ...status,
    terminalState: ended.type,
    conditions: withCondition(status.conditions as Condition[] | undefined, ended, context.objects.now()),
  }))
}

function restart(context: ControllerContext, set: KubeObject): void {
  const next = (status: Tree, member: string): number => numberAt(status, 0, member) + 1
  changeStatus(context, set, (status) => ({
    ...status,
    restarts: next(status, 'restarts'),
    restartsCountTowardsMax: next(status, 'restartsCountTowardsMax'),
  }))
}

function changeStatus({ objects }: ControllerContext, set: KubeObject, change: (status: Tree) => Tree): void {
  objects.mutate(
    storeKey,
    set,
    (draft) => {
      draft.status = change(treeAt(draft, 'status'))
    },
    { manager, subresource: 'status' },
  )
}

/** Creates the Jobs that are missing and passes suspension on. */
function keepJobs(context: ControllerContext, set: KubeObject, current: readonly Workload[], attempt: number): void {
  const { objects } = context
  ensureService(context, set)
  const isSuspended = at(set, 'spec', 'suspend') === true
  for (const job of current)
    if ((job.spec.suspend === true) !== isSuspended)
      objects.mutate<Workload>(
        jobs,
        job,
        (draft) => {
          draft.spec.suspend = isSuspended
        },
        { manager },
      )
  for (const replicated of treesAt(set, 'spec', 'replicatedJobs'))
    for (let index = 0; index < numberAt(replicated, 1, 'replicas'); index += 1) {
      const name = `${set.metadata.name}-${textAt(replicated, 'name')}-${index}`
      if (current.some((job) => job.metadata.name === name)) continue
      objects.create(
        objects.resources.get(jobs),
        set.metadata.namespace,
        jobBody(set, replicated, name, index, attempt),
        { manager },
      )
    }
}

function jobBody(set: KubeObject, replicated: Tree, name: string, index: number, attempt: number): Tree {
  const template = treeAt(replicated, 'template')
  const labels = {
    [`${mark}/jobset-name`]: set.metadata.name,
    [`${mark}/jobset-uid`]: set.metadata.uid,
    [`${mark}/replicatedjob-name`]: textAt(replicated, 'name'),
    [`${mark}/replicatedjob-replicas`]: String(numberAt(replicated, 1, 'replicas')),
    [`${mark}/job-index`]: String(index),
    [`${mark}/restart-attempt`]: String(attempt),
  }
  const metadata = treeAt(template, 'metadata')
  const pod = treeAt(template, 'spec', 'template')
  const podMetadata = treeAt(pod, 'metadata')
  const subdomain = textAt(set, 'spec', 'network', 'subdomain')
  const podSpec = { ...treeAt(pod, 'spec'), ...(subdomain ? { subdomain } : {}) }
  const marked = (own: Tree): Tree => ({
    ...own,
    labels: { ...treeAt(own, 'labels'), ...labels },
    annotations: { ...treeAt(own, 'annotations'), ...labels },
  })
  return {
    metadata: { ...marked(metadata), name, namespace: set.metadata.namespace, ownerReferences: [ownerReference(set)] },
    spec: {
      ...treeAt(template, 'spec'),
      suspend: at(set, 'spec', 'suspend') === true,
      template: { metadata: marked(podMetadata), spec: podSpec },
    },
  }
}

/** The headless Service by which pods of a JobSet find each other. */
function ensureService({ objects, store }: ControllerContext, set: KubeObject): void {
  const { namespace, name } = set.metadata
  const subdomain = textAt(set, 'spec', 'network', 'subdomain')
  if (at(set, 'spec', 'network', 'enableDNSHostnames') !== true || store.get('services', namespace, subdomain)) return
  const spec = {
    clusterIP: 'None',
    selector: { [`${mark}/jobset-name`]: name },
    publishNotReadyAddresses: at(set, 'spec', 'network', 'publishNotReadyAddresses') === true,
  }
  objects.create(
    objects.resources.get('services'),
    namespace,
    { metadata: { name: subdomain, namespace, ownerReferences: [ownerReference(set)] }, spec },
    { manager },
  )
}

function report(context: ControllerContext, stale: KubeObject): undefined {
  const set = context.store.get(storeKey, stale.metadata.namespace, stale.metadata.name)
  if (!set) return undefined
  const attempt = String(numberAt(set, 0, 'status', 'restarts'))
  const all = ownedBy<Workload>(context.store, jobs, set).filter(
    (job) => job.metadata.labels?.[`${mark}/restart-attempt`] === attempt,
  )
  const isSuspended = at(set, 'spec', 'suspend') === true
  const counts = treesAt(set, 'spec', 'replicatedJobs').map((each) => {
    const own = all.filter((job) => job.metadata.labels?.[`${mark}/replicatedjob-name`] === each.name)
    const succeeded = own.filter((job) => isTrue(job, 'Complete')).length
    const ready = own.filter((job) => {
      const pods = numberAt(job, 0, 'status', 'ready') + numberAt(job, 0, 'status', 'succeeded')
      return (
        !isTrue(job, 'Complete') &&
        !isTrue(job, 'Failed') &&
        pods >= Math.min(job.spec.parallelism ?? 1, job.spec.completions ?? job.spec.parallelism ?? 1)
      )
    }).length
    const active = own.filter((job) => numberAt(job, 0, 'status', 'active') > 0).length
    return {
      name: each.name,
      ready,
      succeeded,
      failed: own.filter((job) => isTrue(job, 'Failed')).length,
      active,
      suspended: own.filter((job) => job.spec.suspend).length,
    }
  })
  changeStatus(context, set, (status) => {
    const had = (status.conditions as Condition[] | undefined)?.some((each) => each.type === 'Suspended')
    const suspended: Condition = {
      type: 'Suspended',
      status: isSuspended ? 'True' : 'False',
      reason: isSuspended ? 'SuspendedJobs' : 'ResumeJobs',
      message: isSuspended ? 'jobset is suspended' : 'jobset is resumed',
    }
    const conditions =
      isSuspended || had
        ? { conditions: withCondition(status.conditions as Condition[] | undefined, suspended, context.objects.now()) }
        : {}
    return { restarts: 0, ...status, ...conditions, replicatedJobsStatus: counts }
  })
  return undefined
}
