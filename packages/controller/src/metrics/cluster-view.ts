import type { ClusterMetrics, NodeMetrics } from '@gridgate/core/metrics/node-metrics'
import type { ControllerPorts } from '../controller-ports.ts'
import { type LastSeen, readLastSeen } from './last-seen.ts'
import { readClusterMetrics } from './read-cluster-metrics.ts'
import { readNodes } from './read-nodes.ts'

/** What is known of the cluster's nodes at one moment. */
export interface ClusterView {
  /** In the order of ids. */
  seen: ReadonlyMap<string, LastSeen>
  /** The metrics of some of them, in the order of those. @throws {GridError} `metrics.unavailable` */
  nodes(some: ReadonlyMap<string, LastSeen>): Promise<NodeMetrics[]>
  /** @throws {GridError} `metrics.unavailable` */
  totals(): Promise<ClusterMetrics>
}

/** What questions about nodes touch. */
export type ViewPorts = Pick<ControllerPorts, 'settings' | 'database' | 'clock' | 'latest'>

/** The nodes at the moment that is asked for, or as they are now where that is null. @throws {GridError} `metrics.unavailable` */
export const viewAt = (ports: ViewPorts, at: Date | null): Promise<ClusterView> =>
  at === null ? ports.latest.view() : databaseView(ports, at)

/** The nodes at any moment, each question asked of the database. @throws {GridError} `metrics.unavailable` */
export async function databaseView(
  ports: Pick<ControllerPorts, 'settings' | 'database'>,
  at: Date,
): Promise<ClusterView> {
  const seen = await readLastSeen(ports, at)
  return {
    seen,
    nodes: (some) => readNodes(ports, at, some),
    totals: () => readClusterMetrics(ports, at, seen),
  }
}
