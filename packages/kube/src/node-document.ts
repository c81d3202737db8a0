import { ClusterNode, NodeId } from '@gridgate/core/cluster/cluster-node'
import { z } from 'zod'
import { gpusOf } from './node-gpus.ts'
import { type KubernetesObject, listAt, member, textAt } from './object.ts'
import { megabytesOf, parseQuantity } from './quantity.ts'

/** The label by which a node of a cluster is found (spec/onboarding.md §1). */
export const nodeIdLabel = 'nodeID'

const Text = z.string().nullable()

/** What Kubernetes says of a node beside its resources, for people and for sync. */
export const NodeStatus = z.object({
  name: z.string(),
  uid: z.string(),
  ready: z.boolean(),
  schedulable: z.boolean(),
  created_at: Text,
  provider_id: Text,
  internal_ip: Text,
  addresses: z.array(z.object({ type: z.string(), address: z.string() })),
  kubelet_version: Text,
  instance_type: Text,
  region: Text,
  zone: Text,
  labels: z.record(z.string(), z.string()),
  taints: z.array(z.object({ key: z.string(), value: Text, effect: z.string() })),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: Text, since: Text })),
  notes: z.array(z.string()).describe('what could not be taken over, in one clause each'),
})
export type NodeStatus = z.infer<typeof NodeStatus>

/** A node as our document, and as Kubernetes sees it. */
export const NodeEntry = z.object({ node: ClusterNode, kubernetes: NodeStatus })
export type NodeEntry = z.infer<typeof NodeEntry>

/** The label `nodeID`, else the node's name; null where the name is no node id, which only a name of over 63 characters is. */
export function nodeIdOf({ metadata }: KubernetesObject): NodeId | null {
  const parsed = NodeId.safeParse(metadata.labels?.[nodeIdLabel] || metadata.name)
  return parsed.success ? parsed.data : null
}

/**
 * The node document of a Kubernetes node (spec/clusters-and-nodes.md §2). What Kubernetes does not know, such as the network,
 * is left out: a made-up number would count in the cluster's totals. Null for a node without an id.
 */
export function nodeEntry(node: KubernetesObject): NodeEntry | null {
  const id = nodeIdOf(node)
  if (id === null) return null
  const notes: string[] = []
  const amount = (name: string, read: (quantity: unknown) => number | null): number | undefined => {
    const quantity = member(node, 'status', 'capacity', name)
    const value = quantity === undefined ? null : read(quantity)
    if (value !== null && value >= 0) return value
    notes.push(`capacity ${name} is ${quantity === undefined ? 'not reported' : 'not a quantity'}`)
    return undefined
  }
  const vcpus = amount('cpu', parseQuantity)
  const memory = amount('memory', megabytesOf)
  const disk = amount('ephemeral-storage', megabytesOf)
  const swap = megabytesOf(member(node, 'status', 'nodeInfo', 'swap', 'capacity'))
  const gpus = gpusOf(node, notes)
  return {
    node: {
      id,
      gpus,
      ...(vcpus === undefined ? {} : { vcpus: { count: vcpus } }),
      ...(memory === undefined ? {} : { memory }),
      // A kubelet that says nothing of swap has none that a pod could use.
      swap: swap ?? 0,
      ...(disk === undefined ? {} : { storage: { disks: 1, size: disk } }),
    },
    kubernetes: { ...statusOf(node), notes },
  }
}

function statusOf(node: KubernetesObject): Omit<NodeStatus, 'notes'> {
  const { name, uid = '', labels = {} } = node.metadata
  const conditions = conditionsOf(node)
  const addresses = listAt(node, 'status', 'addresses').flatMap((one) => {
    const [type, address] = [textAt(one, 'type'), textAt(one, 'address')]
    return type === undefined || address === undefined ? [] : [{ type, address }]
  })
  return {
    name,
    uid,
    ready: isNodeReady(node),
    schedulable: isSchedulable(node),
    created_at: textAt(node, 'metadata', 'creationTimestamp') ?? null,
    provider_id: textAt(node, 'spec', 'providerID') ?? null,
    internal_ip: addresses.find(({ type }) => type === 'InternalIP')?.address ?? null,
    addresses,
    kubelet_version: textAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? null,
    instance_type: labels['node.kubernetes.io/instance-type'] ?? null,
    region: labels['topology.kubernetes.io/region'] ?? null,
    zone: labels['topology.kubernetes.io/zone'] ?? null,
    labels,
    taints: listAt(node, 'spec', 'taints').map((taint) => ({
      key: textAt(taint, 'key') ?? '',
      value: textAt(taint, 'value') ?? null,
      effect: textAt(taint, 'effect') ?? '',
    })),
    conditions,
  }
}

function conditionsOf(node: KubernetesObject): NodeStatus['conditions'] {
  return listAt(node, 'status', 'conditions').map((condition) => ({
    type: textAt(condition, 'type') ?? '',
    status: textAt(condition, 'status') ?? 'Unknown',
    reason: textAt(condition, 'reason') ?? null,
    since: textAt(condition, 'lastTransitionTime') ?? null,
  }))
}

/** Whether the kubelet says that the node is ready. */
export const isNodeReady = (node: KubernetesObject): boolean =>
  conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True')

/** Whether new pods may be put on the node: neither cordoned nor being removed. */
export const isSchedulable = (node: KubernetesObject): boolean =>
  member(node, 'spec', 'unschedulable') !== true && node.metadata.deletionTimestamp === undefined
