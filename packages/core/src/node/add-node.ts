import type { ClusterId } from '../cluster/cluster.ts'
import type { ClusterNode, NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { refuseOtherVersion } from '../cluster/update-cluster.ts'
import { hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { changeNodes, nodeIn, withNode } from './change-nodes.ts'
import { labelNode } from './controller-nodes.ts'
import { refuseUnprovenNode } from './external-node.ts'
import { guardAddition, type NodeGuardPorts } from './guard-node.ts'
import { readNodeBody } from './read-node.ts'

export interface AdditionRequest {
  clusterId: ClusterId
  /** The node document, flat or under `nodeData`. */
  body: Readonly<Record<string, unknown>>
  /** Where the document stands in the request's body; at its root unless said otherwise. */
  pointer?: string
  /** The version that the caller decided on, or null. */
  ifMatch: number | null
}

/**
 * Adds a node to the cluster's document once both policies admit it (spec/decisions.md 16). Where the cluster has a
 * controller, the Kubernetes node must exist and is labelled; without one the node is only recorded.
 * What is written is what the policies saw: when another write lands in between, they are asked again.
 * @throws {GridError} `cluster.not_found`, `node.exists`, `node.external_refused`, `node.not_in_cluster`, `precondition.failed`,
 *   `cluster.too_large`, what the policies and the controller say
 */
export async function addNode(
  ports: Needs<'clusters' | 'controllers' | 'trail'> & NodeGuardPorts,
  { clusterId, body, pointer = '', ifMatch }: AdditionRequest,
  asker: Asker,
): Promise<{ stored: StoredCluster; warnings: Warning[] }> {
  const { node, warnings } = readNodeBody(body, clusterId, pointer)
  const admit = async (stored: StoredCluster): Promise<ClusterNode> => {
    refuseOtherVersion(stored, ifMatch)
    refuseUnprovenNode(stored)
    refuseKnown(stored, node.id)
    return guardAddition(ports, { ...asker, stored }, node)
  }
  const seen = await readCluster(ports, clusterId)
  let admitted = { node: await admit(seen), version: seen.version }
  if (hasController(seen)) await labelNode(ports, seen, admitted.node)

  let before = seen.cluster
  const stored = await changeNodes(ports, clusterId, async (current) => {
    before = current.cluster
    if (current.version !== admitted.version) admitted = { node: await admit(current), version: current.version }
    return withNode(current.cluster, admitted.node)
  })
  ports.trail.note({ subject: `cluster ${clusterId}`, before, after: stored.cluster })
  ports.log.info('node.added', { clusterId, nodeId: node.id, version: stored.version, requestId: asker.requestId })
  return { stored, warnings }
}

/** Ids are unique within a cluster (spec/errors-and-gaps.md 36). @throws {GridError} `node.exists` */
export function refuseKnown({ cluster }: StoredCluster, id: NodeId): void {
  if (nodeIn(cluster, id)) throw new GridError('node.exists', `cluster ${cluster.id} has a node ${id} already`)
}
