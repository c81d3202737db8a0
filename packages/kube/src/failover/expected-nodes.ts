import type { Survey } from '@gridgate/core/action/survey'

/** The shape of a slice in chips, such as `2x2x2`, and the chips of one node of it. */
export const topologyLabel = 'cloud.google.com/gke-tpu-topology'
const acceleratorCountLabel = 'cloud.google.com/gke-accelerator-count'

/**
 * How many nodes the pool of this node should have: the chips of its topology over the chips of a node, rounded down
 * (spec/failover.md §7). Only a slice says so by labels; the size of any other pool is declared elsewhere, and is never
 * derived from what is present.
 */
export function expectedNodes(labels: Readonly<Record<string, string>>): Survey['expected_nodes'] {
  const [topology, count] = [labels[topologyLabel], labels[acceleratorCountLabel]]
  if (topology === undefined) return { unknown: `the label ${topologyLabel} is missing: the pool is no slice` }
  if (count === undefined) return { unknown: `the label ${acceleratorCountLabel} is missing` }
  const chips = chipsOf(topology)
  if (chips === null) return { unknown: `the label ${topologyLabel} is no topology: ${topology}` }
  const perNode = /^[+-]?\d+$/.test(count) ? Number(count) : 0
  if (perNode < 1) return { unknown: `the label ${acceleratorCountLabel} is no number of at least 1: ${count}` }
  return { count: Math.trunc(chips / perNode) }
}

/** The product of the dimensions, of which there are two or more; null where it is no topology. */
export function chipsOf(topology: string): number | null {
  if (!/^-?\d{1,6}(x-?\d{1,6}){1,3}$/.test(topology)) return null
  return topology.split('x').reduce((product, dimension) => product * Number(dimension), 1)
}

/** Whether a pool with such nodes comes and goes as a whole: a topology of several hosts, or of a number that is not known. */
export function isAtomicSlice(labels: Readonly<Record<string, string>>): boolean {
  if (labels[topologyLabel] === undefined) return false
  const expected = expectedNodes(labels)
  return 'unknown' in expected || expected.count > 1
}
