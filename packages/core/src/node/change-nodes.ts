import { type Cluster, type ClusterId, nodesMax } from '../cluster/cluster.ts'
import type { ClusterNode, NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { settleNodes } from '../cluster/settle-totals.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'

/** Lost races after which a change is given up: as many others as may write about one cluster at once, and some. */
const attemptsMax = 100

/**
 * Writes a cluster's document with other nodes, on the condition that it is still what was decided on, and decides anew
 * otherwise; so of changes made at once none is lost (spec/errors-and-gaps.md 35).
 * @param decide returns the document to write, or null to leave it; it may run several times
 * @returns the cluster as it is then
 * @throws {GridError} `cluster.not_found`, `cluster.too_large`, `cluster.changed` when others keep writing in between
 */
export function changeNodes(
  ports: Needs<'clusters'>,
  id: ClusterId,
  decide: (stored: StoredCluster) => Cluster | null | Promise<Cluster | null>,
): Promise<StoredCluster> {
  return ports.clusters.inTurn(id, async () => {
    for (let attempt = 1; ; attempt++) {
      const stored = await readCluster(ports, id)
      const changed = await decide(stored)
      if (!changed) return stored
      try {
        return await ports.clusters.replace(changed, stored.version)
      } catch (error) {
        if (!(error instanceof GridError && error.code === 'cluster.changed') || attempt >= attemptsMax) throw error
        await ports.clusters.standBack(attempt)
      }
    }
  })
}

/** The nodes that the document lists. */
export const nodesOf = (cluster: Cluster): readonly ClusterNode[] => cluster.nodes.nodeData ?? []

/** The node of that id, if the document lists it. */
export const nodeIn = (cluster: Cluster, id: NodeId): ClusterNode | undefined =>
  nodesOf(cluster).find((node) => node.id === id)

/** The document with a further node, its totals settled. @throws {GridError} `cluster.too_large` */
export function withNode(cluster: Cluster, node: ClusterNode): Cluster {
  return withNodes(cluster, [...nodesOf(cluster), node])
}

/** The document with these nodes and no others, its totals settled. @throws {GridError} `cluster.too_large` */
export function withNodes(cluster: Cluster, nodes: readonly ClusterNode[]): Cluster {
  if (nodes.length > nodesMax)
    throw new GridError('cluster.too_large', `${cluster.id} would have ${nodes.length} nodes; at most ${nodesMax} fit`)
  return settleNodes(cluster, nodes)
}

/** The document without a node, its totals settled. */
export const withoutNode = (cluster: Cluster, id: NodeId): Cluster =>
  withNodes(
    cluster,
    nodesOf(cluster).filter((node) => node.id !== id),
  )

/** The one answer for a node that a cluster does not list. */
export const nodeNotFound = (clusterId: ClusterId, id: string): GridError =>
  new GridError('node.not_found', `no node ${id} in cluster ${clusterId}`)
