import { isSchedulable, nodeEntry, nodeIdOf } from '@gridgate/kube/node-document'
import { type KubernetesObject, listAt, member, textAt } from '@gridgate/kube/object'
import { megabytesOf, parseQuantity } from '@gridgate/kube/quantity'
import { z } from 'zod'

const Share = z.object({
  total: z.number().describe('MB'),
  allocatable: z.number().describe('MB'),
  usage_percent: z.number().describe('the reserved share, under its documented name'),
  reserved_percent: z.number(),
})

/** How a node is (spec/metrics.md §5). Shares are what Kubernetes reserves of the capacity, not what is used of it. */
export const NodeHealth = z.object({
  node_id: z.string(),
  status: z.enum(['healthy', 'unhealthy']),
  schedulable: z.boolean(),
  cpu_utilization_percent: z.number().nullable().describe('the reserved share, under its documented name'),
  cpu_reserved_percent: z.number().nullable(),
  memory: Share.nullable(),
  disk: Share.nullable(),
  gpus: z.array(z.object({ modelName: z.string().nullable(), memory: z.number().nullable() })).optional(),
})
export type NodeHealth = z.infer<typeof NodeHealth>

/** What is remembered of a node. */
export interface KeptNode {
  readonly health: NodeHealth
  /** Nobody knows how it is: its kubelet went silent. */
  readonly isLost: boolean
}

/** Null for a node without an id. */
export function keepNode(node: KubernetesObject): KeptNode | null {
  const node_id = nodeIdOf(node)
  if (node_id === null) return null
  const ready = listAt(node, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready')
  const status = textAt(ready, 'status')
  const cpu = reserved(amounts(node, 'cpu', parseQuantity))
  const gpus = nodeEntry(node)?.node.gpus?.gpus ?? []
  const told = gpus.map(({ modelName = null, memory = null }) => ({ modelName, memory }))
  const health: NodeHealth = {
    node_id,
    status: status === 'True' ? 'healthy' : 'unhealthy',
    schedulable: isSchedulable(node),
    cpu_utilization_percent: cpu,
    cpu_reserved_percent: cpu,
    memory: shareOf(amounts(node, 'memory', megabytesOf)),
    disk: shareOf(amounts(node, 'ephemeral-storage', megabytesOf)),
    ...(told.length > 0 ? { gpus: told } : {}),
  }
  return { health, isLost: status === 'Unknown' }
}

interface Amounts {
  total: number
  allocatable: number
}

function amounts(node: KubernetesObject, name: string, read: (quantity: unknown) => number | null): Amounts | null {
  const total = read(member(node, 'status', 'capacity', name))
  const allocatable = read(member(node, 'status', 'allocatable', name))
  return total === null || allocatable === null ? null : { total, allocatable }
}

/** Percent of the capacity that pods may not have, to a hundredth. */
function reserved(given: Amounts | null): number | null {
  if (given === null || given.total <= 0) return null
  return Math.round(((given.total - given.allocatable) / given.total) * 10_000) / 100
}

function shareOf(given: Amounts | null): NodeHealth['memory'] {
  const percent = reserved(given)
  return given === null || percent === null ? null : { ...given, usage_percent: percent, reserved_percent: percent }
}
