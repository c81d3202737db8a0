import type { Figure } from './figures.ts'

/** Which samples a query is about. */
export interface Scope {
  clusterId: string
  /** Only these nodes; all of the cluster where it is absent. */
  nodeIds?: readonly string[]
  /** How old a last sample may be, in seconds. */
  windowSeconds: number
}

/**
 * One query for many figures: each result carries the figure's path in the label `key`, and `node_id` (and `gpu`).
 * The templates are MetricsQL; a figure is the last sample of each series that is not older than the window.
 */
export const nodesQuery = (figures: readonly Figure[], scope: Scope): string =>
  `${templates(scope)} union(${figures.map(({ path, query }) => keyed(query, path)).join(', ')})`

/** The same for all nodes together, by each figure's own aggregation. `by` keeps a label apart. */
export const clusterQuery = (figures: readonly Figure[], scope: Scope, by?: 'gpu'): string => {
  const grouping = by === undefined ? '' : ` by (${by})`
  return `${templates(scope)} union(${figures
    .map(({ path, over, query }) => keyed(`${over}${grouping} (${query})`, path))
    .join(', ')})`
}

const keyed = (query: string, path: string): string => `label_set(${query}, "key", "${path}")`

/**
 * What the figures are written in. A series is told apart from its double by its device (or GPU and slice), never by the
 * address it was scraped at: a collector that moved would otherwise count twice.
 */
function templates({ clusterId, nodeIds, windowSeconds }: Scope): string {
  const window = `${windowSeconds}s`
  const perDevice = (value: string): string => `sum by (node_id) (max by (node_id, device) (${value}))`
  return `WITH (
  of = {cluster_id=${quoted(clusterId)}${nodeIds ? `, node_id=~${quoted(nodeIds.map(escaped).join('|'))}` : ''}},
  last(m) = last_over_time(m[${window}]),
  node(m) = max by (node_id) (last_over_time(m[${window}])),
  perSecond(m) = max by (node_id) (rate(m[${window}])),
  devices(m) = ${perDevice(`last_over_time(m[${window}])`)},
  devicesPerSecond(m) = ${perDevice(`rate(m[${window}])`)},
  ${['1m', '5m', '15m'].map((length) => `grown${length}(m) = ${perDevice(`increase(m[${length}]) and last_over_time(m[${window}])`)}`).join(',\n  ')},
  gpu(m) = max by (node_id, gpu) (last_over_time(m[${window}])),
  gpuMemory(m) = sum by (node_id, gpu) (max by (node_id, gpu, UUID, GPU_I_ID) (last_over_time(m[${window}])))
)`
}

/** When each node of the cluster was last heard of, as far back as the window. */
export const lastSeenQuery = ({ clusterId, windowSeconds }: Scope): string =>
  `max by (node_id) (tlast_over_time(node_load1{cluster_id=${quoted(clusterId)}}[${windowSeconds}s]))`

/** A label's value as text of a query: nothing in it can end the text. */
const quoted = (text: string): string => JSON.stringify(text)

/** A node's id as a regular expression that matches it alone. */
const escaped = (text: string): string => text.replaceAll(/[^A-Za-z0-9_-]/g, (character) => `\\${character}`)
