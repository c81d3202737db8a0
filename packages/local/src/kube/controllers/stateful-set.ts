import { splitKey, textAt } from '../object.ts'
import { isFinished, isReady, type Pod, type Workload } from '../shapes.ts'
import { createPod, keysOfOwned, ownedBy, ownerReference, removePod, templateHash } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'statefulsets.apps'
const claims = 'persistentvolumeclaims'
const manager = 'kube-controller-manager'
const revisionLabel = 'controller-revision-hash'

/** Keeps the numbered pods of each StatefulSet, in order, with a claim of their own for each claim template. */
export function statefulSetController(context: ControllerContext): Controller {
  return {
    name: 'stateful-set',
    keysOf: (change) => keysOfOwned(change, storeKey, 'StatefulSet'),
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const set = context.store.get(storeKey, namespace, name) as Workload | undefined
      if (!set) return undefined
      if (!set.metadata.deletionTimestamp) bringOn(context, set)
      report(context, set)
      return undefined
    },
  }
}

const revisionOf = (set: Workload): string => `${set.metadata.name}-${templateHash(set.spec.template)}`
const ordinalOf = (pod: Pod): number => Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))
const podsOf = (context: ControllerContext, set: Workload): Pod[] =>
  ownedBy<Pod>(context.store, 'pods', set).sort((a, b) => ordinalOf(a) - ordinalOf(b))

/** One step: the next missing pod, the last surplus one, or the last outdated one. */
function bringOn(context: ControllerContext, set: Workload): void {
  const pods = podsOf(context, set)
  const wanted = set.spec.replicas ?? 1
  const isParallel = set.spec.podManagementPolicy === 'Parallel'
  for (const pod of pods) if (isFinished(pod) && !pod.metadata.deletionTimestamp) removePod(context, pod)
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const pod = pods.find((each) => ordinalOf(each) === ordinal)
    if (!pod) createNumbered(context, set, ordinal)
    if (!isParallel && (!pod || !isReady(pod) || pod.metadata.deletionTimestamp)) return
  }
  const surplus = pods.filter((pod) => ordinalOf(pod) >= wanted).reverse()
  for (const pod of isParallel ? surplus : surplus.slice(0, 1))
    if (!pod.metadata.deletionTimestamp) removePod(context, pod)
  if (surplus.length > 0 || set.spec.updateStrategy?.type === 'OnDelete') return
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0
  const outdated = pods.filter(
    (pod) => ordinalOf(pod) >= partition && pod.metadata.labels?.[revisionLabel] !== revisionOf(set),
  )
  const last = outdated.at(-1)
  if (last && pods.every((pod) => !pod.metadata.deletionTimestamp && (isReady(pod) || pod === last)))
    removePod(context, last)
}

function createNumbered(context: ControllerContext, set: Workload, ordinal: number): void {
  const name = `${set.metadata.name}-${ordinal}`
  if (context.store.get('pods', set.metadata.namespace, name)) return
  const volumes = (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const claimName = `${template.metadata.name}-${name}`
    createClaim(context, set, template, claimName)
    return { name: template.metadata.name, persistentVolumeClaim: { claimName } }
  })
  const own = new Set(volumes.map((volume) => volume.name))
  const others = (set.spec.template.spec.volumes ?? []).filter((volume) => !own.has(volume.name))
  createPod(context, set, set.spec.template, manager, {
    name,
    labels: {
      [revisionLabel]: revisionOf(set),
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
    },
    spec: {
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      volumes: [...others, ...volumes],
    },
  })
}

function createClaim(
  { objects, store }: ControllerContext,
  set: Workload,
  template: Record<string, unknown>,
  name: string,
): void {
  const { namespace } = set.metadata
  if (store.get(claims, namespace, name)) return
  const owned =
    set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
      ? { ownerReferences: [{ ...ownerReference(set), controller: false }] }
      : {}
  const labels = set.spec.selector.matchLabels
  objects.create(
    objects.resources.get(claims),
    namespace,
    { metadata: { name, namespace, labels, ...owned }, spec: template.spec },
    { manager },
  )
}

function report(context: ControllerContext, set: Workload): void {
  const pods = podsOf(context, set)
  const ready = pods.filter(isReady).length
  const updateRevision = revisionOf(set)
  const updated = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === updateRevision).length
  const old = textAt(set.status, 'currentRevision')
  const isDone = updated === (set.spec.replicas ?? 1) && pods.length === updated && ready === updated
  const currentRevision = isDone || old === '' ? updateRevision : old
  const status = {
    observedGeneration: set.metadata.generation,
    ...{ replicas: pods.length, readyReplicas: ready, availableReplicas: ready },
    updatedReplicas: updated,
    currentReplicas: pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === currentRevision).length,
    ...{ currentRevision, updateRevision, collisionCount: 0 },
  }
  context.objects.mutate<Workload>(
    storeKey,
    set,
    (draft) => {
      draft.status = { ...draft.status, ...status }
    },
    { manager, subresource: 'status' },
  )
}
