import type { Figure } from './figures.ts'

/** Which samples a query is about. */
export interface Scope {
  clusterId: string
  /** Only these nodes; all of the cluster where it is absent. */
  nodeIds?: readonly string[]
  /** How old a last sample may be, in seconds. */
  windowSeconds: number
}

type Asked = Pick<Figure, 'path' | 'query'>

/**
 * One query for many figures: each result carries the figure's path in the label `key`, and `node_id` (and `gpu`).
 * The templates are MetricsQL; a figure is the last sample of each series that is not older than the window.
 */
export const nodesQuery = (figures: readonly Asked[], scope: Scope): string => `${templates(scope)} ${ofNodes(figures)}`

/** The same for all nodes together, by each figure's own aggregation. */
export function clusterQuery(figures: readonly Figure[], scope: Scope): string {
  const parts = [...Map.groupBy(figures, ({ over }) => over)]
  return `${templates(scope)} union(${parts.map(([over, some]) => `${over} by (key) (${ofNodes(some)})`).join(', ')})`
}

/**
 * A node that has fallen silent is left out at once, with all that it is known by: its GPUs may still be told of, and what
 * looks further back than the window would count it for as long.
 */
function ofNodes(figures: readonly Asked[]): string {
  const each = figures.map(({ path, query }) => `label_set(${query}, "key", "${path}")`)
  return `union(${each.join(', ')}) and on (node_id) node(node_load1{of})`
}

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
  ${['1m', '5m', '15m'].map((length) => `grown${length}(m) = ${perDevice(`increase(m[${length}])`)}`).join(',\n  ')},
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
