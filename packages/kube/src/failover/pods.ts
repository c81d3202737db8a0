import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '../client.ts'
import { collect } from '../collect.ts'
import { mustGo } from '../drain.ts'
import { kinds } from '../kinds.ts'
import { type KubernetesObject, listAt, member, textAt } from '../object.ts'
import { type PacePorts, paced } from '../pacing.ts'

/** Prefix of what JobSet writes on its Jobs and their pods, as labels and as annotations (spec/failover.md §14). */
const jobSetMark = 'jobset.sigs.k8s.io'
export const jobSetNameLabel = `${jobSetMark}/jobset-name`
const indexMark = 'batch.kubernetes.io/job-completion-index'

/** Longest time in which the pods of all nodes are listed, in milliseconds. */
const listMsMax = 12_000

/** What is kept of a pod. */
export interface SeenPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  readonly node: string | null
  readonly phase: string
  readonly isReady: boolean
  readonly isTerminating: boolean
  /** It keeps its node busy: a drain would make it go. */
  readonly isDrained: boolean
  readonly jobSet: string | null
  /** Its child Job; of a pod without one, itself. */
  readonly job: string
  readonly replicatedJob: string | null
  /** How often its JobSet had been restarted when it was made. */
  readonly attempt: number
  /** It has the completion index 0: what JobSet calls a leader. */
  readonly isLeader: boolean
}

export function seePod(pod: KubernetesObject): SeenPod {
  const { name, namespace = '', uid = '', labels = {}, annotations = {}, ownerReferences = [] } = pod.metadata
  const job = ownerReferences.find(({ controller, kind }) => controller && kind === 'Job')?.name
  const attempt = Number(labels[`${jobSetMark}/restart-attempt`] ?? 0)
  return {
    namespace,
    name,
    uid,
    labels,
    node: textAt(pod, 'spec', 'nodeName') || null,
    phase: textAt(pod, 'status', 'phase') ?? 'Pending',
    isReady: listAt(pod, 'status', 'conditions').some(
      (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
    ),
    isTerminating: pod.metadata.deletionTimestamp !== undefined,
    isDrained: mustGo(pod),
    jobSet: labels[jobSetNameLabel] ?? null,
    job: job ?? labels['batch.kubernetes.io/job-name'] ?? labels['job-name'] ?? name,
    replicatedJob: labels[`${jobSetMark}/replicatedjob-name`] ?? null,
    attempt: Number.isInteger(attempt) ? attempt : 0,
    // As a label the index is there from Kubernetes 1.28 on; JobSet itself looks at the annotation.
    isLeader: (annotations[indexMark] ?? labels[indexMark]) === '0',
  }
}

/** Whether a pod has ended for good. */
export const hasEnded = ({ phase }: SeenPod): boolean => phase === 'Succeeded' || phase === 'Failed'

/** The pods of a JobSet, of all its restart attempts. */
export const podsOfJobSet = (client: Pick<KubeClient, 'page'>, namespace: string, name: string): Promise<SeenPod[]> =>
  collect(client, kinds.pod, { namespace, labels: { [jobSetNameLabel]: name } }, seePod)

/**
 * What `keep` makes of the pods of these nodes, asked for node by node: the API server has an index of that.
 * @throws {GridError} what the first node's listing failed with, or `kube.throttled` when they took too long
 */
export async function podsOn<Kept>(
  client: Pick<KubeClient, 'page'>,
  nodeNames: readonly string[],
  keep: (pod: KubernetesObject) => Kept,
  ports: PacePorts = {},
): Promise<Kept[]> {
  const list = (name: string) => collect(client, kinds.pod, { fields: { 'spec.nodeName': name } }, keep)
  const listed = await paced(nodeNames, list, { ...ports, msMax: listMsMax })
  return listed.flatMap((one) => {
    if (one.state === 'done') return one.result
    if (one.state === 'failed') throw one.error
    throw new GridError('kube.throttled', `listing the pods of ${nodeNames.length} nodes took too long`, {
      retryAfterSeconds: 5,
    })
  })
}

/** What a drain looks at: a pod's spec and most of its status are left behind. */
export function bareOf(pod: KubernetesObject): KubernetesObject {
  const { name, namespace = '', uid = '', deletionTimestamp, annotations = {}, ownerReferences = [] } = pod.metadata
  const leaving = deletionTimestamp === undefined ? {} : { deletionTimestamp }
  const metadata = { name, namespace, uid, annotations, ownerReferences, ...leaving }
  return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: member(pod, 'status', 'phase') } }
}
