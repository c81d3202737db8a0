import type { Warning } from '../warning.ts'
import type { Cluster } from './cluster.ts'
import { amountMax, type ClusterNode } from './cluster-node.ts'
import { invalidBody } from './invalid-document.ts'

type Leaf = readonly [group: string, name: string] | readonly [name: string]

/** Every total that is the sum of the same field of the nodes (spec/clusters-and-nodes.md §5). */
const summed: readonly Leaf[] = [
  ['gpus', 'count'],
  ['gpus', 'memory'],
  ['vcpus', 'count'],
  ['memory'],
  ['swap'],
  ['storage', 'disks'],
  ['storage', 'size'],
  ['network', 'interfaces'],
  ['network', 'txBandwidth'],
  ['network', 'rxBandwidth'],
]

/**
 * The document with its totals computed from the nodes (spec/decisions.md 12): where any node carries a resource, its total is
 * the sum over those that do; where none does, the given total stays. `nodes.count` is the number of nodes when they are given.
 * A total that was given and differs becomes a warning.
 * @throws {GridError} `request.invalid` for a total that no cluster can have
 */
export function settleTotals(cluster: Cluster): { cluster: Cluster; warnings: Warning[] } {
  const nodes = cluster.nodes.nodeData
  if (!nodes) return { cluster, warnings: [] }
  const settled = { ...cluster, nodes: { ...cluster.nodes, count: nodes.length } }
  const warnings = differing('/nodes/count', cluster.nodes.count, nodes.length)
  for (const leaf of summed) {
    const total = sumOf(nodes, leaf)
    if (total === null) continue
    if (total > amountMax)
      throw invalidBody([{ pointer: `/${leaf.join('/')}`, detail: `adds up to more than ${amountMax} over the nodes` }])
    warnings.push(...differing(`/${leaf.join('/')}`, read(cluster, leaf), total))
    write(settled, leaf, total)
  }
  const modelNames = modelNamesOf(nodes)
  if (modelNames) write(settled, ['gpus', 'modelNames'], modelNames)
  return { cluster: settled, warnings }
}

/**
 * The document with other nodes. A total that its nodes gave so far and none gives any more is gone with them: 0, not what it was.
 * @throws {GridError} `request.invalid` for a total that no cluster can have
 */
export function settleNodes(cluster: Cluster, nodeData: readonly ClusterNode[]): Cluster {
  const before = cluster.nodes.nodeData ?? []
  const settled = { ...settleTotals({ ...cluster, nodes: { ...cluster.nodes, nodeData: [...nodeData] } }).cluster }
  for (const leaf of summed) if (sumOf(before, leaf) !== null && sumOf(nodeData, leaf) === null) write(settled, leaf, 0)
  if (modelNamesOf(before) && !modelNamesOf(nodeData)) write(settled, ['gpus', 'modelNames'], [])
  return settled
}

function sumOf(nodes: readonly ClusterNode[], leaf: Leaf): number | null {
  let sum: number | null = null
  for (const node of nodes) {
    const value = read(node, leaf)
    if (typeof value === 'number') sum = (sum ?? 0) + value
  }
  return sum
}

/** The set union over the nodes, in the order of first appearance; null when no node names a model. */
function modelNamesOf(nodes: readonly ClusterNode[]): string[] | null {
  const names = nodes.flatMap((node) => node.gpus?.modelNames ?? [])
  return names.length > 0 ? [...new Set(names)] : null
}

function read(document: Readonly<Record<string, unknown>>, [first, second]: Leaf): unknown {
  const value = document[first]
  return second === undefined ? value : (value as Record<string, unknown> | undefined)?.[second]
}

/** Groups are copied before they are written to, because the document that came in stays as it is. */
function write(document: Record<string, unknown>, [first, second]: Leaf, value: unknown): void {
  document[first] = second === undefined ? value : { ...(document[first] as object | undefined), [second]: value }
}

const differing = (pointer: string, given: unknown, total: number): Warning[] =>
  given === undefined || given === total
    ? []
    : [
        {
          code: 'cluster.total_recomputed',
          detail: `the nodes add up to ${total}, not ${String(given)}; the sum is stored`,
          pointer,
        },
      ]
