import type { Page } from '../page.ts'
import type { Cluster, ClusterId } from './cluster.ts'
import type { ClusterSystem } from './cluster-system.ts'

/** A cluster as it is stored: the document, and what only the system writes. */
export interface StoredCluster {
  cluster: Cluster
  system: ClusterSystem
  /** Grows with every write, and never repeats, not even after a removal; the ETag on the wire. */
  version: number
}

/** What still belongs to a cluster and keeps it from being removed. */
export interface Dependants {
  blockIds: string[]
  vdagControllerIds: string[]
  /** Unfinished tasks that hold a lock on the cluster, for example one that is about to build its infrastructure. */
  taskIds: string[]
}

/** What the system writes about a cluster; absent members stay as they are. */
export interface SystemChange extends Partial<ClusterSystem> {
  /** Replaces `config.urlMap` of the document; null removes it. */
  urlMap?: Readonly<Record<string, string>> | null
}

/** Port: the registry of clusters. Nodes are items of their own; a cluster is put together on read (DESIGN.md decision 5). */
export interface ClusterStore {
  /** The whole document with its nodes. @throws {GridError} `service.unavailable` when it changes faster than it can be read */
  find(id: ClusterId): Promise<StoredCluster | null>
  /** The document without `nodes.nodeData`, like `list`: one row is read. */
  findOutline(id: ClusterId): Promise<StoredCluster | null>
  /** The document as JSON text, for whoever only passes it on. @throws {GridError} like `find` */
  readText(id: ClusterId): Promise<{ json: string; version: number } | null>
  /** @throws {GridError} `cluster.exists`, `cluster.too_large` */
  create(cluster: Cluster): Promise<StoredCluster>
  /**
   * Replaces the document if it still has `version`; writes only the nodes that differ.
   * @throws {GridError} `cluster.changed`, `cluster.not_found`, `cluster.too_large`
   */
  replace(cluster: Cluster, version: number): Promise<StoredCluster>
  /**
   * Writes what only the system writes, if the cluster still has `version`.
   * @returns without the nodes, like `list`
   * @throws {GridError} `cluster.changed`, `cluster.not_found`
   */
  writeSystem(id: ClusterId, version: number, change: SystemChange): Promise<StoredCluster>
  /**
   * Removes the cluster if it still has `version` and nothing depends on it; from the first write on no block can be added.
   * @throws {GridError} `cluster.changed`, `cluster.not_found`, `cluster.in_use` with the dependants in `details`
   */
  remove(id: ClusterId, version: number): Promise<void>
  /**
   * Clusters in the order of their ids, after the one named. Their documents come **without `nodes.nodeData`**
   * (totals and `nodes.count` are there), so that a page stays small; `find` gives the nodes.
   */
  list(options: { after: string | null; limit: number }): Promise<Page<StoredCluster>>
  dependants(id: ClusterId): Promise<Dependants>
  /**
   * Lets changes of one cluster that are decided on what is read come one after another within this process, so that few lose
   * a race; `version` still decides. Work must not ask for a turn of its own.
   */
  inTurn<Result>(id: ClusterId, work: () => Promise<Result>): Promise<Result>
  /** Waits a moment of random length after the nth lost race, a longer one after more, so that those who lost do not meet again. */
  standBack(losses: number): Promise<void>
  /** Looks whether the document could be stored. @throws {GridError} `cluster.too_large` */
  requireFits(cluster: Cluster): void
}
