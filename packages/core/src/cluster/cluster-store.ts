import type { Page } from '../page.ts'
import type { Cluster, ClusterId } from './cluster.ts'

/** A cluster as it is stored: the document, and what only the system writes. */
export interface StoredCluster {
  cluster: Cluster
  /** Grows by one with every write; the ETag on the wire. */
  version: number
}

/** What still belongs to a cluster and keeps it from being removed. */
export interface Dependants {
  blockIds: string[]
  vdagControllerIds: string[]
}

/** Port: the registry of clusters. Nodes are items of their own; a cluster is put together on read (DESIGN.md decision 5). */
export interface ClusterStore {
  /** The whole document with its nodes. */
  find(id: ClusterId): Promise<StoredCluster | null>
  /** @throws {GridError} `cluster.exists` */
  create(cluster: Cluster): Promise<StoredCluster>
  /** Replaces the document if it still has `version`. @throws {GridError} `cluster.changed`, `cluster.not_found` */
  replace(cluster: Cluster, version: number): Promise<StoredCluster>
  /** Removes the cluster if it still has `version` and nothing depends on it. @throws {GridError} `cluster.changed` */
  remove(id: ClusterId, version: number): Promise<void>
  /** Clusters in the order of their ids, after the one named. */
  list(options: { after: string | null; limit: number }): Promise<Page<StoredCluster>>
  dependants(id: ClusterId): Promise<Dependants>
}
