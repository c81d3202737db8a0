import { keyOf, splitKey, treeAt, treesAt } from '../object.ts'
import { parseQuantity } from '@gridgate/kube/quantity'
import { expressionHolds } from '../selectors.ts'
import {
  type Container,
  isFinished,
  type Node,
  type Pod,
  type Taint,
  type Toleration,
  withCondition,
} from '../shapes.ts'
import { recordEvent } from './events.ts'
import { affinityReason, type Placement } from './pod-affinity.ts'
import type { Controller, ControllerContext } from './runner.ts'

const manager = 'kube-scheduler'

/** Puts pods on nodes that they select, tolerate and fit on; says on the pod why there is none. */
export function schedulerController(context: ControllerContext): Controller {
  const { store } = context
  const waiting = (): string[] => (store.list('pods') as Pod[]).filter(isWaiting).map((pod) => keyOf(pod.metadata))
  return {
    name: 'scheduler',
    keysOf(change) {
      if (change.storeKey === 'nodes') return waiting()
      if (change.storeKey !== 'pods') return []
      const pod = change.object as Pod
      const own = change.type !== 'DELETED' && isWaiting(pod) ? [keyOf(pod.metadata)] : []
      const frees =
        change.type === 'DELETED' || (isFinished(pod) && change.previous && !isFinished(change.previous as Pod))
      return frees ? waiting() : own
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = store.get('pods', namespace, name) as Pod | undefined
      if (pod && isWaiting(pod)) place(context, pod)
      return undefined
    },
  }
}

const isWaiting = (pod: Pod): boolean =>
  !pod.spec.nodeName &&
  !pod.metadata.deletionTimestamp &&
  !isFinished(pod) &&
  (pod.spec.schedulingGates ?? []).length === 0

function place(context: ControllerContext, pod: Pod): void {
  const { objects, store } = context
  const nodes = store.list('nodes') as Node[]
  const pods = (store.list('pods') as Pod[]).filter((each) => each.spec.nodeName && !isFinished(each))
  const byNode = Map.groupBy(pods, (each) => each.spec.nodeName ?? '')
  const reasons = new Map<string, number>()
  const fitting = nodes.filter((node) => {
    const reason = unfitReason(node, pod, { nodes, pods, byNode })
    if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    return reason === null
  })
  const load = (node: Node): number => byNode.get(node.metadata.name)?.length ?? 0
  const [best] = fitting.toSorted((a, b) => load(a) - load(b))
  if (best) {
    objects.mutate<Pod>(
      'pods',
      pod,
      (draft) => {
        draft.spec.nodeName = best.metadata.name
      },
      { manager },
    )
    recordEvent(context, pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${keyOf(pod.metadata)} to ${best.metadata.name}`,
      source: 'default-scheduler',
    })
    return
  }
  refuse(context, pod, unschedulableText(nodes.length, reasons))
}

function unschedulableText(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const list = [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
  return `0/${nodes} nodes are available: ${list}. preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`
}

function refuse(context: ControllerContext, pod: Pod, message: string): void {
  const condition = { type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message }
  const old = pod.status?.conditions?.find((each) => each.type === 'PodScheduled')
  if (old?.message === message) return
  context.objects.mutate<Pod>(
    'pods',
    pod,
    (draft) => {
      draft.status = {
        ...draft.status,
        conditions: withCondition(draft.status?.conditions, condition, context.objects.now()),
      }
    },
    { manager, subresource: 'status' },
  )
  recordEvent(context, pod, { type: 'Warning', reason: 'FailedScheduling', message, source: 'default-scheduler' })
}

/** Why the pod may not run on the node, in the scheduler's words; null when it may. */
function unfitReason(node: Node, pod: Pod, placement: Placement): string | null {
  if (
    node.spec?.unschedulable &&
    !tolerates(pod.spec.tolerations, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  )
    return 'node(s) were unschedulable'
  const taint = untoleratedTaint(node, pod, ['NoSchedule', 'NoExecute'])
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  if (!selectsNode(pod, node)) return "node(s) didn't match Pod's node affinity/selector"
  const present = placement.byNode.get(node.metadata.name) ?? []
  return shortResource(node, pod, present) ?? affinityReason(node, pod, placement)
}

/** The first taint of one of these effects that the pod does not tolerate. */
export const untoleratedTaint = (
  node: Node,
  pod: { spec: { tolerations?: Toleration[] } },
  effects: readonly string[],
): Taint | undefined =>
  node.spec?.taints?.find((taint) => effects.includes(taint.effect) && !tolerates(pod.spec.tolerations, taint))

/** True when one of the tolerations covers the taint (core/v1, ToleratesTaint). */
export const tolerates = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some(
    (each) =>
      (!each.effect || each.effect === taint.effect) &&
      (!each.key || each.key === taint.key) &&
      (each.operator === 'Exists' || (each.value ?? '') === (taint.value ?? '')),
  )

/** True when the pod's node selector and required node affinity take the node. */
export function selectsNode(
  pod: { spec: { nodeSelector?: Record<string, string>; affinity?: Record<string, unknown> } },
  node: Node,
): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const terms = treesAt(
    treeAt(pod.spec.affinity, 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
    'nodeSelectorTerms',
  )
  const fields = { 'metadata.name': node.metadata.name }
  const fits = (term: Record<string, unknown>): boolean =>
    treesAt(term, 'matchExpressions').every((each) => expressionHolds(each, labels)) &&
    treesAt(term, 'matchFields').every((each) => expressionHolds(each, fields))
  return terms.length === 0 || terms.some(fits)
}

/** Stored pods never change, so what they ask for is added up once. */
const requestsByPod = new WeakMap<Pod, ReadonlyMap<string, number>>()

/** What a pod asks of a node: the sum of its containers, or more where an init container needs more. */
function requestsOf(pod: Pod): ReadonlyMap<string, number> {
  const known = requestsByPod.get(pod)
  if (known) return known
  const total = new Map<string, number>()
  requestsByPod.set(pod, total)
  const add = (container: Container, merge: (a: number, b: number) => number): void => {
    for (const [name, amount] of Object.entries(container.resources?.requests ?? {}))
      total.set(name, merge(total.get(name) ?? 0, parseQuantity(amount) ?? 0))
  }
  for (const container of pod.spec.containers) add(container, (a, b) => a + b)
  for (const container of pod.spec.initContainers ?? []) add(container, Math.max)
  return total
}

function shortResource(node: Node, pod: Pod, present: readonly Pod[]): string | null {
  const allocatable = node.status?.allocatable ?? {}
  if (present.length + 1 > (parseQuantity(allocatable.pods ?? '110') ?? 0)) return 'Too many pods'
  for (const [name, wanted] of requestsOf(pod)) {
    const used = present.reduce((sum, each) => sum + (requestsOf(each).get(name) ?? 0), 0)
    if (wanted > 0 && used + wanted > (parseQuantity(allocatable[name] ?? '0') ?? 0)) return `Insufficient ${name}`
  }
  return null
}
