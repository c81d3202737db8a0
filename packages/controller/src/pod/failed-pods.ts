import { type KubernetesObject, textAt } from '@gridgate/kube/object'
import { failureOf, type PodFailure, podConditions, podLabel, restartsOf } from '@gridgate/kube/pod-failure'
import { z } from 'zod'

/** A pod of a block that fails (spec/cluster-controller.md §7); the names are the documented ones. */
export const FailedPod = z.object({
  instanceId: z.string(),
  blockId: z.string(),
  pod_name: z.string(),
  failure_reason: z.enum([
    'pod_failed',
    'node_lost',
    'container_exit_nonzero',
    'container_waiting_error',
    'pod_pending',
  ]),
  first_seen_at: z.iso.datetime().describe('stays while the failure lasts: a later one is no news'),
  pod_data: z.object({
    node_name: z.string(),
    namespace: z.string(),
    restart_count: z.number(),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string().nullable() })),
  }),
})
export type FailedPod = z.infer<typeof FailedPod>

/** A pod is well again only after it has not failed for this long: one that crashes again and again runs in between; in ms. */
const wellMs = 600_000

/** What is remembered of a pod of an instance. */
export interface KeptPod extends Omit<FailedPod, 'failure_reason' | 'first_seen_at'> {
  readonly uid: string
  readonly failure: PodFailure | null
  /** Its containers have ended for good, so that its node does not matter any more. */
  readonly isOver: boolean
}

/** What is remembered of a failure, also a while after it. */
interface Episode {
  readonly uid: string
  readonly firstSeenAt: string
  lastSeenMs: number
}

/**
 * The pod as far as it is looked at; null for what is no instance of a block: pods without the labels, and executors
 * (spec/errors-and-gaps.md 75).
 */
export function keepPod(pod: KubernetesObject): KeptPod | null {
  const [blockId, instanceId] = [podLabel(pod, 'blockID'), podLabel(pod, 'instanceID')]
  if (!blockId || !instanceId || instanceId === 'executor') return null
  const phase = textAt(pod, 'status', 'phase')
  return {
    uid: pod.metadata.uid ?? '',
    failure: failureOf(pod),
    isOver: phase === 'Succeeded' || phase === 'Failed',
    instanceId,
    blockId,
    pod_name: pod.metadata.name,
    pod_data: {
      node_name: textAt(pod, 'spec', 'nodeName') ?? 'N/A',
      namespace: pod.metadata.namespace ?? '',
      restart_count: restartsOf(pod),
      conditions: podConditions(pod),
    },
  }
}

/** Tells which pods fail, and since when, over as many looks as there are. Its memory is bounded by the pods that are there. */
export class FailureHistory {
  readonly #episodes = new Map<string, Episode>()

  /** The pods that fail now, by name. */
  look(pods: ReadonlyMap<string, KeptPod>, isNodeLost: (nodeName: string) => boolean, now: Date): FailedPod[] {
    const failed: FailedPod[] = []
    for (const [key, { uid, failure: own, isOver, ...pod }] of pods) {
      const isLost = !isOver && isNodeLost(pod.pod_data.node_name)
      const failure = isLost ? ({ reason: 'node_lost', since: null } as const) : own
      if (!failure) continue
      const first_seen_at = this.#firstSeen(key, uid, failure.since, now)
      failed.push({ ...pod, failure_reason: failure.reason, first_seen_at })
    }
    for (const [key, episode] of this.#episodes)
      if (!pods.has(key) || now.getTime() - episode.lastSeenMs > wellMs) this.#episodes.delete(key)
    return failed.toSorted(
      (a, b) => a.first_seen_at.localeCompare(b.first_seen_at) || a.pod_name.localeCompare(b.pod_name),
    )
  }

  #firstSeen(key: string, uid: string, since: string | null, now: Date): string {
    const known = this.#episodes.get(key)
    if (known?.uid === uid) {
      known.lastSeenMs = now.getTime()
      return known.firstSeenAt
    }
    // Kubernetes' own time outlives a restart of the controller.
    const firstSeenAt = new Date(Date.parse(since ?? '') || now.getTime()).toISOString()
    this.#episodes.set(key, { uid, firstSeenAt, lastSeenMs: now.getTime() })
    return firstSeenAt
  }
}
