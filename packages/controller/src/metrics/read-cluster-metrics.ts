import type { JsonObject } from '@gridgate/core/json'
import type { ClusterMetrics } from '@gridgate/core/metrics/node-metrics'
import type { ControllerPorts } from '../controller-ports.ts'
import { type Assembly, addFigure, assembleHistory, documentOf, emptyAssembly, type Part } from './assemble.ts'
import type { TimeRange } from './database.ts'
import { clusterQuery } from './figure-query.ts'
import { figureGroups } from './figures.ts'
import { freshSecondsOf, type LastSeen } from './last-seen.ts'

export type ReaderPorts = Pick<ControllerPorts, 'settings' | 'database'>

/** The cluster's figures at one moment: added up in the database, because the nodes' own samples are megabytes. */
export async function readClusterMetrics(
  ports: ReaderPorts,
  at: Date,
  seen: ReadonlyMap<string, LastSeen>,
): Promise<ClusterMetrics> {
  const assembly = emptyAssembly()
  const parts = partsOf(ports)
  const answers = await Promise.all(parts.map(({ query }) => ports.database.at(query, at)))
  for (const [index, { add }] of parts.entries()) for (const sample of answers[index] ?? []) add(assembly, sample)
  return toClusterMetrics(assembly, seen)
}

/** The totals of the nodes that report, with how many those are of all that were seen. */
export function toClusterMetrics(totals: Assembly, seen: ReadonlyMap<string, LastSeen>): ClusterMetrics {
  const stale = [...seen.values()].filter((node) => node.stale).length
  const newest = Math.max(...[...seen.values()].map(({ timestamp }) => timestamp))
  return {
    ...documentOf(totals),
    nodes: { reporting: seen.size - stale, stale },
    timestamp: Number.isFinite(newest) ? newest : null,
  }
}

/** The cluster's figures at each step of a time, the oldest first. */
export const readClusterHistory = (ports: ReaderPorts, range: TimeRange): Promise<JsonObject[]> =>
  assembleHistory(ports.database, range, partsOf(ports))

function partsOf({ settings }: ReaderPorts): Part[] {
  const scope = { clusterId: settings.clusterId, windowSeconds: freshSecondsOf(settings) }
  return figureGroups.map((figures) => ({ query: clusterQuery(figures, scope), add: addFigure }))
}
