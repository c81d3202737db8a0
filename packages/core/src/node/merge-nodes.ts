import { isDeepStrictEqual } from 'node:util'
import type { ClusterNode } from '../cluster/cluster-node.ts'

/** What Kubernetes knows about a node. Everything else in a document was written by hand and stays. */
const known = ['gpus', 'vcpus', 'memory', 'swap', 'storage', 'network'] as const
/** Parts of these that Kubernetes does not know either. */
const handwritten: ReadonlySet<string> = new Set(['gpus.features'])

/** What differs between the nodes of a document and those of Kubernetes. */
export interface NodeDifference {
  /** The document's nodes in their order with what Kubernetes knows, then those it had not. */
  nodes: ClusterNode[]
  added: string[]
  /** Dotted paths of what Kubernetes says otherwise. */
  changed: { id: string; fields: string[] }[]
  /** In the document and not in Kubernetes. */
  missing: string[]
  /** How many say the same on both sides. */
  unchanged: number
}

/**
 * Compares a document's nodes with those of Kubernetes. Missing ones stay unless they are to be pruned.
 * @param found each id once
 */
export function mergeNodes(
  before: readonly ClusterNode[],
  found: readonly ClusterNode[],
  isPruning: boolean,
): NodeDifference {
  const there = new Map<string, ClusterNode>(found.map((node) => [node.id, node]))
  const here = new Set<string>(before.map(({ id }) => id))
  const added = found.filter(({ id }) => !here.has(id))
  const difference: NodeDifference = {
    ...{ nodes: [], added: added.map(({ id }) => id), changed: [], missing: [], unchanged: 0 },
  }
  for (const node of before) {
    const other = there.get(node.id)
    if (!other) difference.missing.push(node.id)
    if (other || !isPruning) difference.nodes.push(other ? adopt(node, other, difference) : node)
  }
  difference.nodes.push(...added)
  return difference
}

/** The node with what Kubernetes says of it; notes what that changes. */
function adopt(node: ClusterNode, other: ClusterNode, difference: NodeDifference): ClusterNode {
  const merged: ClusterNode = { ...node }
  const fields: string[] = []
  for (const name of known) {
    const said = other[name]
    if (said === undefined) continue
    const { value, changed } = adoptValue(name, node[name], said)
    Object.assign(merged, { [name]: value })
    fields.push(...changed)
  }
  if (fields.length > 0) difference.changed.push({ id: node.id, fields })
  else difference.unchanged++
  return merged
}

function adoptValue(name: string, own: unknown, said: unknown): { value: unknown; changed: string[] } {
  if (!isObject(said)) return { value: said, changed: isDeepStrictEqual(own, said) ? [] : [name] }
  const value: Record<string, unknown> = isObject(own) ? { ...own } : {}
  const changed: string[] = []
  for (const [part, partSaid] of Object.entries(said)) {
    const path = `${name}.${part}`
    if (handwritten.has(path) && Object.hasOwn(value, part)) continue
    if (isDeepStrictEqual(value[part], partSaid)) continue
    value[part] = partSaid
    changed.push(path)
  }
  return { value, changed }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
