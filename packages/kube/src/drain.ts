import type { KubeClient } from './client.ts'
import type { EvictionBlock } from './eviction.ts'
import { kinds } from './kinds.ts'
import { type KubernetesObject, textAt } from './object.ts'

export interface DrainOptions {
  /** The pods' own grace periods unless given, in seconds. */
  readonly graceSeconds?: number | undefined
  /** Also evicts pods that nothing would start again elsewhere. */
  readonly includeUnmanaged?: boolean | undefined
}

export interface PodName {
  readonly namespace: string
  readonly name: string
}

export interface BlockedPod extends PodName {
  /** The PodDisruptionBudget that does not allow it now, where Kubernetes names it. */
  readonly budget: string | null
  readonly reason: EvictionBlock | 'unmanaged'
}

/** What a pass left: `remaining` are all pods that must go and are still there, `blocked` those of them that may not. */
export interface DrainPass {
  readonly remaining: PodName[]
  readonly blocked: BlockedPod[]
}

/** Most pods evicted in one pass, so that a pass ends within its caller's patience; the next one goes on. */
const evictionsMax = 200
/** Evictions asked for at the same time. */
const togetherMax = 4

/**
 * One pass over the pods of a node: asks each that must go to go, politely. Safe to repeat, and to be repeated until nothing
 * remains; a pod that a budget protects is reported and never forced.
 */
export async function drainPass(client: KubeClient, nodeName: string, options: DrainOptions = {}): Promise<DrainPass> {
  return drainPods(client, await client.list(kinds.pod, { fields: { 'spec.nodeName': nodeName } }), options)
}

/** The same for pods that were listed already, of one node or of several. */
export async function drainPods(
  client: Pick<KubeClient, 'evict'>,
  pods: readonly KubernetesObject[],
  options: DrainOptions = {},
): Promise<DrainPass> {
  const going = pods.filter(mustGo)
  const isUnmanaged = (pod: KubernetesObject): boolean => options.includeUnmanaged !== true && !controllerOf(pod)
  const blocked: BlockedPod[] = going
    .filter(isUnmanaged)
    .map((pod) => ({ ...nameOf(pod), budget: null, reason: 'unmanaged' }))
  const gone = new Set<KubernetesObject>()
  const evict = async (pod: KubernetesObject): Promise<void> => {
    const { graceSeconds } = options
    const answer = await client.evict(nameOf(pod), { uid: pod.metadata.uid ?? '', graceSeconds })
    if (answer.outcome === 'gone') gone.add(pod)
    if (answer.outcome === 'blocked') {
      const { budget, reason } = answer
      blocked.push({ ...nameOf(pod), budget, reason })
    }
  }
  const asked = going.filter((pod) => !isUnmanaged(pod) && pod.metadata.deletionTimestamp === undefined)
  const evicted = asked.slice(0, evictionsMax)
  for (let from = 0; from < evicted.length; from += togetherMax)
    await Promise.all(evicted.slice(from, from + togetherMax).map(evict))
  return { remaining: going.filter((pod) => !gone.has(pod)).map(nameOf), blocked }
}

const nameOf = ({ metadata }: KubernetesObject): PodName => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
})

const controllerOf = ({ metadata }: KubernetesObject) => metadata.ownerReferences?.find(({ controller }) => controller)

/** Whether a pod keeps its node busy: it has not ended, and is neither the node's own (mirror) nor of a DaemonSet, which would come back. */
export function mustGo(pod: KubernetesObject): boolean {
  const phase = textAt(pod, 'status', 'phase')
  if (phase === 'Succeeded' || phase === 'Failed') return false
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false
  return controllerOf(pod)?.kind !== 'DaemonSet'
}
