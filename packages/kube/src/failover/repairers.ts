import { type KubernetesObject, listAt, textAt } from '../object.ts'

/** Other systems that repair nodes, and how a node shows that one of them has it in hand (spec/decisions.md 38). */
const signs: readonly { repairer: string; shows: (node: KubernetesObject) => boolean }[] = [
  {
    repairer: 'nvsentinel',
    shows: (node) =>
      Boolean(label(node, 'dgxc.nvidia.com/nvsentinel-state')) ||
      label(node, 'k8saas.nvidia.com/cordon-by') === 'NVSentinel',
  },
  {
    repairer: 'hyperpod',
    // `Unschedulable` alone may stay for ever; these two say that the recovery is under way.
    shows: (node) =>
      ['UnschedulablePendingReboot', 'UnschedulablePendingReplacement'].includes(
        label(node, 'sagemaker.amazonaws.com/node-health-status') ?? '',
      ),
  },
  // Auto Mode repairs by itself and cannot be told not to. Whether a managed node group does is not to be seen on its nodes.
  { repairer: 'eks-node-repair', shows: (node) => label(node, 'eks.amazonaws.com/compute-type') === 'auto' },
  {
    repairer: 'karpenter',
    shows: (node) => listAt(node, 'spec', 'taints').some((taint) => textAt(taint, 'key') === 'karpenter.sh/disrupted'),
  },
]

const label = ({ metadata }: KubernetesObject, name: string): string | undefined => metadata.labels?.[name]

/** Another system that repairs this node, or null. GKE's own auto-repair is what we rely on, so it is none. */
export function repairerOf(node: KubernetesObject): string | null {
  return signs.find(({ shows }) => shows(node))?.repairer ?? null
}
