import type { Cluster } from '../cluster/cluster.ts'
import type { Needs } from '../ports.ts'
import { type Filter, invalidQuery } from '../query/filter.ts'
import { parseFilter } from '../query/parse-filter.ts'
import { metricsDocument } from './current-metrics.ts'

/** A question about clusters: of their documents, and of what they report. */
export interface ClusterFilter {
  documents: Filter
  /** Null where it does not ask about metrics. */
  metrics: Filter | null
}

const members = ['clusterMetricsQuery', 'clusterQuery'] as const

/**
 * Reads a query about clusters, which may be the documented filter object (spec/clusters-and-nodes.md §4): then a cluster must
 * match `clusterMetricsQuery` AND `clusterQuery`, whatever those are made of (spec/errors-and-gaps.md 39).
 * @throws {GridError} `query.invalid`, `query.unknown_operator`
 */
export function parseClusterFilter(query: unknown): ClusterFilter {
  if (query === null || typeof query !== 'object' || !members.some((name) => Object.hasOwn(query, name)))
    return { documents: parseFilter(query), metrics: null }
  const { clusterMetricsQuery, clusterQuery, ...others } = query as Record<string, unknown>
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalidQuery(`takes ${members.join(' and ')} only, not ${other.slice(0, 100)}`)
  return {
    documents: parseFilter(clusterQuery ?? {}),
    metrics: clusterMetricsQuery === undefined ? null : parseMetricsFilter(clusterMetricsQuery),
  }
}

/** What the network knows of a cluster is the sum of its nodes; a question about single ones would silently match nothing. */
function parseMetricsFilter(query: unknown): Filter {
  const filter = parseFilter(query)
  const path = [...filter.paths].find((one) => one === 'nodes' || one.startsWith('nodes.'))
  if (path !== undefined)
    throw invalidQuery(
      `asks about ${path} of all clusters; ask one cluster, at POST /cluster-metrics/{cluster_id}/node/query`,
    )
  return filter
}

/**
 * Claims for each cluster that its latest report matches. One that never reported does not match; one that no longer does
 * matches only a filter that asks for `stale` itself.
 */
export async function metricsMatches(
  ports: Needs<'summaries' | 'clock'>,
  filter: Filter,
  ids: readonly Cluster['id'][],
): Promise<ReadonlySet<string>> {
  const found = await ports.summaries.findMany(ids)
  const now = ports.clock.now()
  const documents = [...found.values()].map((summary) => metricsDocument(summary, now))
  const matching = documents.filter((one) => (!one.stale || filter.paths.has('stale')) && filter.matches(one))
  return new Set(matching.map(({ clusterId }) => clusterId))
}
