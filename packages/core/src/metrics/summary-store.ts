import type { JsonObject } from '../json.ts'

/** What a cluster's controller last reported: `{cluster: {memory, vcpu, storage, network, gpu, …}}`. */
export interface ClusterSummary {
  clusterId: string
  summary: JsonObject
  /** When it came in, by the gateway's clock. */
  at: Date
}

/**
 * Port: the latest summary of every cluster. There is no list of them on purpose: each is found by its cluster, so that the
 * reports of ten thousand clusters meet in no single partition.
 */
export interface SummaryStore {
  /** Takes the place of the last one. @throws {GridError} `request.too_large` above 32 KB */
  put(clusterId: string, summary: JsonObject, at: Date): Promise<void>
  find(clusterId: string): Promise<ClusterSummary | null>
  /** Those that there are, by cluster. */
  findMany(clusterIds: readonly string[]): Promise<ReadonlyMap<string, ClusterSummary>>
}
