import { keyOf, splitKey } from '../object.ts'
import { isActive, isReady, type Node, type Pod, type Toleration, type Workload, withoutZeros } from '../shapes.ts'
import { createPod, keysOfOwned, ownedBy, removePod, scaledCount, templateHash } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'
import { selectsNode, untoleratedTaint } from './scheduler.ts'

const storeKey = 'daemonsets.apps'
const manager = 'kube-controller-manager'
const hashLabel = 'controller-revision-hash'

/** What every pod of a DaemonSet tolerates, so that it stays on nodes in trouble (daemon util, AddOrUpdateDaemonPodTolerations). */
const tolerations: Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoSchedule',
  })),
]

/** Keeps one pod of each DaemonSet on every node that it selects and tolerates. */
export function daemonSetController(context: ControllerContext): Controller {
  const { store } = context
  return {
    name: 'daemon-set',
    keysOf(change) {
      if (change.storeKey === 'nodes') return store.list(storeKey).map((set) => keyOf(set.metadata))
      return keysOfOwned(change, storeKey, 'DaemonSet')
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const set = store.get(storeKey, namespace, name) as Workload | undefined
      if (!set) return undefined
      if (!set.metadata.deletionTimestamp) place(context, set)
      report(context, set)
      return undefined
    },
  }
}

const hashOf = (set: Workload): string => templateHash(set.spec.template)

function nodesFor({ store }: ControllerContext, set: Workload): Node[] {
  const pod = {
    spec: { ...set.spec.template.spec, tolerations: [...(set.spec.template.spec.tolerations ?? []), ...tolerations] },
  }
  return (store.list('nodes') as Node[]).filter(
    (node) => selectsNode(pod, node) && !untoleratedTaint(node, pod, ['NoSchedule', 'NoExecute']),
  )
}

function place(context: ControllerContext, set: Workload): void {
  const wanted = new Set(nodesFor(context, set).map((node) => node.metadata.name))
  const pods = ownedBy<Pod>(context.store, 'pods', set).filter((pod) => !pod.metadata.deletionTimestamp)
  for (const pod of pods) if (!wanted.has(pod.spec.nodeName ?? '') || !isActive(pod)) removePod(context, pod)
  const active = pods.filter((pod) => wanted.has(pod.spec.nodeName ?? '') && isActive(pod))
  for (const node of wanted) {
    if (ownedBy<Pod>(context.store, 'pods', set).some((pod) => pod.spec.nodeName === node)) continue
    const spec = { nodeName: node, tolerations: [...(set.spec.template.spec.tolerations ?? []), ...tolerations] }
    createPod(context, set, set.spec.template, manager, { labels: { [hashLabel]: hashOf(set) }, spec })
  }
  if (set.spec.updateStrategy?.type !== 'OnDelete') renew(context, set, active, wanted.size)
}

/** Removes pods of older templates, as many as may be unavailable at once. */
function renew(context: ControllerContext, set: Workload, active: readonly Pod[], wanted: number): void {
  const old = active.filter((pod) => pod.metadata.labels?.[hashLabel] !== hashOf(set))
  const limit = Math.max(1, scaledCount(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, 'up'))
  const unavailable = wanted - active.filter(isReady).length
  const sick = old.filter((pod) => !isReady(pod))
  const well = old.filter(isReady).slice(0, Math.max(0, limit - unavailable))
  for (const pod of [...sick, ...well]) removePod(context, pod)
}

/** Counts that are left out while they are zero. */
const sparse = ['numberAvailable', 'numberUnavailable', 'updatedNumberScheduled']

function report(context: ControllerContext, set: Workload): void {
  const nodes = new Set(nodesFor(context, set).map((node) => node.metadata.name))
  const pods = ownedBy<Pod>(context.store, 'pods', set).filter(isActive)
  const placed = pods.filter((pod) => nodes.has(pod.spec.nodeName ?? ''))
  const ready = placed.filter(isReady).length
  const status = {
    currentNumberScheduled: placed.length,
    numberMisscheduled: pods.length - placed.length,
    desiredNumberScheduled: nodes.size,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: nodes.size - ready,
    updatedNumberScheduled: placed.filter((pod) => pod.metadata.labels?.[hashLabel] === hashOf(set)).length,
    observedGeneration: set.metadata.generation,
  }
  context.objects.mutate<Workload>(
    storeKey,
    set,
    (draft) => {
      draft.status = withoutZeros({ ...draft.status, ...status }, ...sparse)
    },
    { manager, subresource: 'status' },
  )
}
