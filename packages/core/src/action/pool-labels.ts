import type { ClusterId } from '../cluster/cluster.ts'
import type { Lock } from '../task/task-store.ts'

/** Labels whose value names the pool of a node, by platform (spec/failover.md §17, §18). */
export const poolLabels = [
  'cloud.google.com/gke-nodepool',
  'eks.amazonaws.com/nodegroup',
  'karpenter.sh/nodepool',
  'sagemaker.amazonaws.com/instance-group-name',
  'alpha.eksctl.io/nodegroup-name',
  'kubernetes.azure.com/agentpool',
] as const

/** The labels that may name a pool of a cluster: the one of its settings, or all that are known. */
export const poolLabelsFor = (chosen: string | null): readonly string[] => (chosen === null ? poolLabels : [chosen])

/** The pool that a node with these labels is in, or null. */
export const poolOf = (labels: Readonly<Record<string, string>>, chosen: string | null): string | null =>
  poolLabelsFor(chosen)
    .map((label) => labels[label])
    .find((name) => name !== undefined && name !== '') ?? null

/** The lock of whoever takes nodes of a pool out of service (spec/decisions.md 35). */
export const poolLock = (clusterId: ClusterId, pool: string): Lock => ({ name: `pool#${pool}`, on: clusterId })
