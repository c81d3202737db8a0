import { type Condition, conditionOf, isFinished, type Node, type Pod, type Taint, withCondition } from '../shapes.ts'
import type { Controller, ControllerContext } from './runner.ts'
import { tolerates } from './scheduler.ts'

const manager = 'kube-controller-manager'
const notReadyTaint = 'node.kubernetes.io/not-ready'

/**
 * The label by which a node is switched off, the same that KWOK's chaos stage uses: with value `true` the node's kubelet is
 * silent and its programs stand still.
 */
export const powerLabel = 'node-not-ready.stage.kwok.x-k8s.io'

/** True while the node's kubelet works. */
export const isPowered = (node: Node): boolean => node.metadata.labels?.[powerLabel] !== 'true'

/** Keeps each node's conditions, taints and lease, moves pods off nodes that are lost, and removes those of nodes that are gone. */
export function nodeController(context: ControllerContext): Controller {
  const { store } = context
  return {
    name: 'node',
    keysOf(change) {
      if (change.storeKey === 'nodes') return [change.object.metadata.name]
      const { nodeName } = change.storeKey === 'pods' ? (change.object as Pod).spec : {}
      return nodeName ? [nodeName] : []
    },
    reconcile(name) {
      const node = store.get('nodes', undefined, name) as Node | undefined
      const pods = (store.list('pods') as Pod[]).filter((pod) => pod.spec.nodeName === name)
      if (!node || node.metadata.deletionTimestamp) {
        if (!node) for (const pod of pods) removeLost(context, pod)
        return undefined
      }
      reportNode(context, node)
      taintNode(context, node)
      renewLease(context, node)
      const due = evict(context, store.get('nodes', undefined, name) as Node, pods)
      return Math.min(due ?? Number.POSITIVE_INFINITY, context.clock.now() + leaseMs)
    },
  }
}

function removeLost({ objects }: ControllerContext, pod: Pod): void {
  const { namespace, name, uid } = pod.metadata
  objects.delete(objects.resources.get('pods'), namespace, name, { gracePeriodSeconds: 0, uid })
}

function reportNode({ objects }: ControllerContext, node: Node): void {
  const now = objects.now()
  const powered = isPowered(node)
  const ready: Condition = powered
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'the node is switched off' }
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map(
    (type): Condition => ({ type, status: 'False', reason: `KubeletHasNo${type}` }),
  )
  objects.mutate<Node>(
    'nodes',
    node,
    (draft) => {
      let conditions = draft.status?.conditions
      for (const condition of [...pressures, ready]) {
        const old = conditions?.find((each) => each.type === condition.type)
        const heartbeat = old?.status === condition.status ? old.lastHeartbeatTime : now
        conditions = withCondition(conditions, { ...condition, lastHeartbeatTime: heartbeat ?? now }, now)
      }
      const address = `10.0.0.${10 + (Number.parseInt(node.metadata.uid.slice(0, 2), 16) % 200)}`
      const addresses = draft.status?.addresses ?? [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: node.metadata.name },
      ]
      draft.status = { ...draft.status, addresses, ...(conditions ? { conditions } : {}) }
    },
    { manager: 'kubelet', subresource: 'status' },
  )
}

function taintNode({ objects, store }: ControllerContext, stale: Node): void {
  const node = store.get('nodes', undefined, stale.metadata.name) as Node | undefined
  if (!node) return
  const lost = conditionOf(node, 'Ready')?.status !== 'True'
  const ours = (taint: Taint): boolean =>
    taint.key === notReadyTaint ||
    taint.key === 'node.kubernetes.io/unreachable' ||
    taint.key === 'node.kubernetes.io/unschedulable'
  const present = node.spec?.taints ?? []
  const key = conditionOf(node, 'Ready')?.status === 'Unknown' ? 'node.kubernetes.io/unreachable' : notReadyTaint
  const wanted = [
    ...(node.spec?.unschedulable
      ? [taintOf(present, 'node.kubernetes.io/unschedulable', 'NoSchedule', objects.now())]
      : []),
    ...(lost
      ? [taintOf(present, key, 'NoSchedule', objects.now()), taintOf(present, key, 'NoExecute', objects.now())]
      : []),
  ]
  const next = [...present.filter((taint) => !ours(taint)), ...wanted]
  if (present.length === next.length && present.every((taint) => next.includes(taint))) return
  objects.mutate<Node>(
    'nodes',
    node,
    (draft) => {
      const { taints: _taints, ...spec } = draft.spec ?? {}
      draft.spec = next.length === 0 ? spec : { ...spec, taints: next }
    },
    { manager },
  )
}

const taintOf = (present: readonly Taint[], key: string, effect: string, now: string): Taint =>
  present.find((taint) => taint.key === key && taint.effect === effect) ?? { key, effect, timeAdded: now }

/** Removes pods that do not tolerate the node's NoExecute taints (any longer); returns when the next one is due. */
function evict({ objects, clock }: ControllerContext, node: Node, pods: readonly Pod[]): number | undefined {
  const taints = node.spec?.taints?.filter((taint) => taint.effect === 'NoExecute') ?? []
  if (taints.length === 0) return undefined
  let next: number | undefined
  for (const pod of pods.filter((each) => !each.metadata.deletionTimestamp && !isFinished(each))) {
    if (!isPowered(node)) markLost(objects, pod)
    const due = Math.min(...taints.map((taint) => dueTime(pod, taint, clock.now())))
    if (due <= clock.now()) objects.delete(objects.resources.get('pods'), pod.metadata.namespace, pod.metadata.name)
    else if (Number.isFinite(due)) next = Math.min(next ?? due, due)
  }
  return next
}

function dueTime(pod: Pod, taint: Taint, now: number): number {
  const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates([toleration], taint))
  if (matching.length === 0) return now
  const seconds = matching.map((toleration) => toleration.tolerationSeconds).filter((each) => each !== undefined)
  if (seconds.length === 0) return Number.POSITIVE_INFINITY
  return Date.parse(taint.timeAdded ?? '') + Math.min(...seconds) * 1000 || now
}

/** A pod whose kubelet is silent is not ready, whatever it said last. */
function markLost(objects: ControllerContext['objects'], pod: Pod): void {
  if (conditionOf(pod, 'Ready')?.status !== 'True') return
  objects.mutate<Pod>(
    'pods',
    pod,
    (draft) => {
      draft.status = {
        ...draft.status,
        conditions: withCondition(draft.status?.conditions, { type: 'Ready', status: 'False' }, objects.now()),
      }
    },
    { manager, subresource: 'status' },
  )
}

const leases = 'leases.coordination.k8s.io'
const leaseNamespace = 'kube-node-lease'
/** How often a lease is renewed: seldom, since every write is one more change that a watch has to look back on. */
const leaseMs = 30_000

function renewLease({ objects, store, clock }: ControllerContext, node: Node): void {
  if (!isPowered(node) || !store.get('namespaces', undefined, leaseNamespace)) return
  const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z')
  const { name, uid } = node.metadata
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime }
  const existing = store.get(leases, leaseNamespace, name)
  const write = { manager: 'kubelet' }
  if (!existing) {
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid }
    const metadata = { name, namespace: leaseNamespace, ownerReferences: [owner] }
    objects.create(objects.resources.get(leases), leaseNamespace, { metadata, spec }, write)
  } else if (Date.parse(String((existing.spec as { renewTime?: string }).renewTime)) + leaseMs <= clock.now())
    objects.mutate(
      leases,
      existing,
      (draft) => {
        draft.spec = spec
      },
      write,
    )
}
