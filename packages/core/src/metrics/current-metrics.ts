import { staleSeconds } from '../controller/heartbeat.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { ClusterSummary } from './summary-store.ts'

/** Age above which a summary says nothing about now, in milliseconds: as long as its controller may be silent. */
export const summaryFreshMsMax = staleSeconds * 1000

/** A summary as the network shows it: the documented global document (spec/metrics.md §3), without its list of nodes. */
export interface MetricsDocument extends JsonObject {
  clusterId: string
  /** Unix seconds, when it was reported. */
  timestamp: number
  stale: boolean
}

/**
 * `cluster_metrics` for a policy: the cluster's latest figures, or null when it never reported or no longer does; what that
 * means is the policy's to decide (spec/errors-and-gaps.md 25).
 */
export async function currentMetrics(
  ports: Needs<'summaries' | 'clock'>,
  clusterId: string,
): Promise<JsonObject | null> {
  const found = await ports.summaries.find(clusterId)
  const document = found && metricsDocument(found, ports.clock.now())
  return document?.stale === false ? document : null
}

/** The document of a summary, with its age judged at the time of reading. */
export const metricsDocument = ({ clusterId, summary, at }: ClusterSummary, now: Date): MetricsDocument => ({
  ...summary,
  clusterId,
  timestamp: at.getTime() / 1000,
  stale: now.getTime() - at.getTime() > summaryFreshMsMax,
})
