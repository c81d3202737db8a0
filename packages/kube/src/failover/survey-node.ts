import type { SurveyNode } from '@gridgate/core/action/survey'
import { isNodeReady } from '../node-document.ts'
import { cordonHolder, isCordoned, isHeld } from '../nodes.ts'
import { type KubernetesObject, listAt, member, textAt } from '../object.ts'
import { parseQuantity } from '../quantity.ts'
import { repairerOf } from './repairers.ts'

/** What is kept of a node: what the survey says of it, and what its pool is found by. */
export interface SeenNode {
  readonly node: SurveyNode
  readonly labels: Readonly<Record<string, string>>
  /** It has accelerators, though they may be out of order. */
  readonly hasAccelerators: boolean
}

/** Resources that device plugins call a whole accelerator. */
const acceleratorResources = [
  'nvidia.com/gpu',
  'amd.com/gpu',
  'google.com/tpu',
  'aws.amazon.com/neuron',
  'habana.ai/gaudi',
] as const

/** Labels that make a node one of the control plane. */
const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const

/** A node as the survey sees it. */
export function seeNode(object: KubernetesObject): SeenNode {
  const { name, uid = '', labels = {} } = object.metadata
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready')
  const node: SurveyNode = {
    name,
    uid,
    provider_id: textAt(object, 'spec', 'providerID') ?? null,
    boot_id: textAt(object, 'status', 'nodeInfo', 'bootID') || null,
    created_at: object.metadata.creationTimestamp ?? null,
    ready: isNodeReady(object),
    ready_since: ready?.since ?? null,
    faults: faultsOf(object),
    unschedulable: isCordoned(object),
    cordoned_by: cordonHolder(object),
    is_held: isHeld(object),
    is_control_plane: controlPlaneLabels.some((label) => labels[label] !== undefined),
    accelerators: acceleratorsOf(object, 'allocatable'),
    region: labels['topology.kubernetes.io/region'] ?? null,
    repairer: repairerOf(object),
  }
  return { node, labels, hasAccelerators: node.accelerators > 0 || acceleratorsOf(object, 'capacity') > 0 }
}

function acceleratorsOf(object: KubernetesObject, amount: 'allocatable' | 'capacity'): number {
  const counts = acceleratorResources.map((resource) => parseQuantity(member(object, 'status', amount, resource)) ?? 0)
  return counts.reduce((sum, count) => sum + Math.max(0, Math.trunc(count)), 0)
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly since: string | null
}

const conditionsOf = (object: KubernetesObject): Condition[] =>
  listAt(object, 'status', 'conditions').map((condition) => ({
    type: textAt(condition, 'type') ?? '',
    status: textAt(condition, 'status') ?? 'Unknown',
    reason: textAt(condition, 'reason') ?? '',
    since: textAt(condition, 'lastTransitionTime') ?? null,
  }))

/** Conditions that say what is well, as those of node monitoring agents do (`AcceleratedHardwareReady`); all others what is wrong. */
const isWellWhenTrue = (type: string): boolean => type.endsWith('Ready') || type === 'EtcdIsVoter'

/** What the conditions of a node tell of faults, the worst first: not ready, hardware and system, other findings, not known. */
function faultsOf(object: KubernetesObject): SurveyNode['faults'] {
  const conditions = conditionsOf(object)
  const rank = ({ type, status }: Condition): number => {
    if (type === 'Ready') return 0
    if (status === 'Unknown') return 3
    return isWellWhenTrue(type) ? 1 : 2
  }
  const faults = conditions
    .filter(({ type, status }) => status !== (isWellWhenTrue(type) ? 'True' : 'False'))
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ type, reason }) => ({ type, reason }))
  const isReported = conditions.some(({ type }) => type === 'Ready')
  return isReported ? faults : [{ type: 'Ready', reason: 'NeverReported' }, ...faults]
}
