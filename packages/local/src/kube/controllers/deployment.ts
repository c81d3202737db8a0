import { isDeepStrictEqual } from 'node:util'
import { numberAt, splitKey, type Tree, timeText } from '../object.ts'
import {
  type Condition,
  conditionOf,
  isActive,
  type Pod,
  type Workload,
  withCondition,
  withoutZeros,
} from '../shapes.ts'
import type { Change } from '../store.ts'
import { recordEvent } from './events.ts'
import { controllerOf, keysOfOwned, ownedBy, ownerReference, scaledCount, templateHash } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'deployments.apps'
const setKey = 'replicasets.apps'
const manager = 'kube-controller-manager'
const hashLabel = 'pod-template-hash'
const revisionMark = 'deployment.kubernetes.io/revision'

/** Rolls each Deployment's template out through ReplicaSets, within its surge and unavailability, and reports on it. */
export function deploymentController(context: ControllerContext): Controller {
  return {
    name: 'deployment',
    keysOf: (change) => [...keysOfOwned(change, storeKey, 'Deployment'), ...keysOfLastPods(context, change)],
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const deployment = context.store.get(storeKey, namespace, name) as Workload | undefined
      if (!deployment || deployment.metadata.deletionTimestamp) return undefined
      const current = currentSet(context, deployment)
      if (current) rollOut(context, deployment, current)
      return report(context, deployment)
    },
  }
}

/** A Deployment that recreates waits for the end of its old pods, which its ReplicaSets no longer count. */
function keysOfLastPods({ store }: ControllerContext, change: Change): string[] {
  if (change.storeKey !== 'pods' || change.type !== 'DELETED') return []
  const { namespace } = change.object.metadata
  const owner = controllerOf(change.object)
  const set = owner?.kind === 'ReplicaSet' ? store.get(setKey, namespace, owner.name) : undefined
  const deployment = set && controllerOf(set)
  return deployment ? [`${namespace}/${deployment.name}`] : []
}

const setsOf = ({ store }: ControllerContext, deployment: Workload): Workload[] =>
  ownedBy<Workload>(store, setKey, deployment)

function bareTemplate(set: Workload): unknown {
  const { [hashLabel]: _hash, ...labels } = set.spec.template.metadata?.labels ?? {}
  return { ...set.spec.template, metadata: { ...set.spec.template.metadata, labels } }
}

const wishedTemplate = (deployment: Workload): unknown => ({
  ...deployment.spec.template,
  metadata: { ...deployment.spec.template.metadata, labels: { ...deployment.spec.template.metadata?.labels } },
})

const isCurrent = (deployment: Workload, set: Workload): boolean =>
  isDeepStrictEqual(bareTemplate(set), wishedTemplate(deployment))

/** The ReplicaSet of the present template; made when there is none and the Deployment is not paused. */
function currentSet(context: ControllerContext, deployment: Workload): Workload | undefined {
  const { objects, store } = context
  const sets = setsOf(context, deployment)
  const found = sets.find((set) => isCurrent(deployment, set))
  if (found || deployment.spec.paused) return found
  const hash = templateHash(deployment.spec.template)
  const labels = { ...deployment.spec.template.metadata?.labels, [hashLabel]: hash }
  const revision = Math.max(0, ...sets.map((set) => Number(set.metadata.annotations?.[revisionMark] ?? 0))) + 1
  const matchLabels = { ...(deployment.spec.selector.matchLabels as Tree | undefined), [hashLabel]: hash }
  const { namespace, name } = deployment.metadata
  const metadata = {
    name: `${name}-${hash}`,
    namespace,
    labels,
    annotations: { [revisionMark]: String(revision) },
    ownerReferences: [ownerReference(deployment)],
  }
  const template = { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } }
  const spec = {
    replicas: 0,
    selector: { ...deployment.spec.selector, matchLabels },
    template,
    minReadySeconds: deployment.spec.minReadySeconds,
  }
  const existing = store.get(setKey, namespace, metadata.name)
  if (existing) return existing as Workload
  const set = objects.create(
    objects.resources.get(setKey),
    namespace,
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec },
    { manager },
  )
  objects.mutate(
    storeKey,
    deployment,
    (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [revisionMark]: String(revision) }
    },
    { manager },
  )
  return set as Workload
}

const replicasOf = (set: Workload): number => set.spec.replicas ?? 0
const availableOf = (set: Workload): number => numberAt(set, 0, 'status', 'availableReplicas')
const sum = (sets: readonly Workload[], of: (set: Workload) => number): number =>
  sets.reduce((total, set) => total + of(set), 0)

function scale(context: ControllerContext, set: Workload, replicas: number): void {
  const before = replicasOf(set)
  if (before === replicas) return
  context.objects.mutate<Workload>(
    setKey,
    set,
    (draft) => {
      draft.spec.replicas = replicas
    },
    { manager },
  )
  const { name, namespace } = set.metadata
  const deployment = context.store.get(storeKey, namespace, controllerOf(set)?.name ?? '')
  const direction = replicas > before ? 'up' : 'down'
  const message = `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`
  const source = 'deployment-controller'
  if (deployment) recordEvent(context, deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message, source })
}

function rollOut(context: ControllerContext, deployment: Workload, current: Workload): void {
  const old = setsOf(context, deployment).filter((set) => set.metadata.uid !== current.metadata.uid)
  const wanted = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') {
    for (const set of old) scale(context, set, 0)
    const left = old
      .flatMap((set) => ownedBy<Pod>(context.store, 'pods', set))
      .filter((pod) => isActive(pod) || pod.metadata.deletionTimestamp)
    if (left.length === 0) scale(context, current, wanted)
  } else if (old.every((set) => replicasOf(set) === 0)) scale(context, current, wanted)
  else rollOver(context, deployment, current, old)
  removeHistory(context, deployment, old)
}

function rollOver(context: ControllerContext, deployment: Workload, current: Workload, old: readonly Workload[]): void {
  const wanted = deployment.spec.replicas ?? 1
  const limits = deployment.spec.strategy?.rollingUpdate
  const surge = scaledCount(limits?.maxSurge, wanted, 'up')
  const down = scaledCount(limits?.maxUnavailable, wanted, 'down')
  // Both zero would stand still: one pod may then be missing (deployment util, ResolveFenceposts).
  const unavailable = surge === 0 && down === 0 ? 1 : down
  const total = sum([...old, current], replicasOf)
  const next = Math.min(wanted, replicasOf(current) + Math.max(0, wanted + surge - total))
  if (next !== replicasOf(current)) {
    scale(context, current, next)
    return
  }
  const notYet = replicasOf(current) - availableOf(current)
  let spare = total - (wanted - unavailable) - notYet
  for (const set of old) {
    const sick = Math.min(replicasOf(set) - availableOf(set), Math.max(0, spare))
    spare -= sick
    scale(context, set, replicasOf(set) - sick)
  }
  let free = sum([...old, current], availableOf) - (wanted - unavailable)
  for (const set of setsOf(context, deployment).filter((each) =>
    old.some((one) => one.metadata.uid === each.metadata.uid),
  )) {
    const gone = Math.min(replicasOf(set), Math.max(0, free), Math.max(0, spare))
    free -= gone
    spare -= gone
    scale(context, set, replicasOf(set) - gone)
  }
}

function removeHistory({ objects }: ControllerContext, deployment: Workload, old: readonly Workload[]): void {
  const revision = (set: Workload): number => Number(set.metadata.annotations?.[revisionMark] ?? 0)
  const idle = old
    .filter((set) => replicasOf(set) === 0 && numberAt(set, 0, 'status', 'replicas') === 0)
    .sort((a, b) => revision(b) - revision(a))
  for (const set of idle.slice(deployment.spec.revisionHistoryLimit ?? 10))
    objects.delete(objects.resources.get(setKey), set.metadata.namespace, set.metadata.name)
}

function report(context: ControllerContext, stale: Workload): number | undefined {
  const { objects, store, clock } = context
  const deployment = store.get(storeKey, stale.metadata.namespace, stale.metadata.name) as Workload
  const sets = setsOf(context, deployment)
  const current = sets.find((set) => isCurrent(deployment, set))
  const wanted = deployment.spec.replicas ?? 1
  const updated = numberAt(current, 0, 'status', 'replicas')
  const total = sum(sets, (set) => numberAt(set, 0, 'status', 'replicas'))
  const available = sum(sets, availableOf)
  const unavailable = scaledCount(deployment.spec.strategy?.rollingUpdate?.maxUnavailable, wanted, 'down')
  const isAvailable = available >= wanted - (deployment.spec.strategy?.type === 'Recreate' ? 0 : unavailable)
  const isComplete = updated === wanted && total === wanted && available === wanted
  const progress = progressOf(context, deployment, current?.metadata.name ?? '', isComplete)
  const status = {
    observedGeneration: deployment.metadata.generation,
    replicas: total,
    updatedReplicas: updated,
    readyReplicas: sum(sets, (set) => numberAt(set, 0, 'status', 'readyReplicas')),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available, wanted - available),
  }
  objects.mutate<Workload>(
    storeKey,
    deployment,
    (draft) => {
      const next = availability(isAvailable)
      const old = conditionOf(draft, 'Available')
      const lastUpdateTime = (old?.status === next.status && old.lastUpdateTime) || objects.now()
      const conditions = withCondition(draft.status?.conditions, { ...next, lastUpdateTime }, objects.now())
      draft.status = {
        ...withoutZeros({ ...draft.status, ...status }, ...Object.keys(status)),
        conditions: withCondition(conditions, progress.condition, objects.now()),
      }
    },
    { manager, subresource: 'status' },
  )
  return progress.deadline !== undefined && progress.deadline > clock.now() ? progress.deadline : undefined
}

const availability = (isAvailable: boolean): Condition =>
  isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }

/** The `Progressing` condition, and when its deadline passes while the rollout goes on. */
function progressOf(
  { clock }: ControllerContext,
  deployment: Workload,
  setName: string,
  isComplete: boolean,
): { condition: Condition; deadline?: number } {
  const old = conditionOf(deployment, 'Progressing')
  const text = `ReplicaSet ${JSON.stringify(setName)}`
  if (isComplete)
    return {
      condition: {
        ...kept(old, 'NewReplicaSetAvailable', timeText(clock.now())),
        status: 'True',
        message: `${text} has successfully progressed.`,
      },
    }
  const isNew =
    old?.reason === 'NewReplicaSetAvailable' || deployment.status?.observedGeneration !== deployment.metadata.generation
  const since = isNew || !old?.lastUpdateTime ? clock.now() : Date.parse(old.lastUpdateTime)
  const deadline = since + numberAt(deployment, 600, 'spec', 'progressDeadlineSeconds') * 1000
  const lastUpdateTime = timeText(since)
  if (clock.now() >= deadline)
    return {
      condition: {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `${text} has timed out progressing.`,
        lastUpdateTime,
      },
    }
  return {
    condition: {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${text} is progressing.`,
      lastUpdateTime,
    },
    deadline,
  }
}

const kept = (old: Condition | undefined, reason: string, now: string): Condition => ({
  type: 'Progressing',
  status: 'True',
  reason,
  lastUpdateTime: old?.reason === reason ? (old.lastUpdateTime ?? now) : now,
})
