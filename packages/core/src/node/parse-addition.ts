import { inScope } from '../caller.ts'
import { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { documentIn } from '../cluster/parser-envelope.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { addNode } from './add-node.ts'
import type { NodeGuardPorts } from './guard-node.ts'

/**
 * Adds a node as the node script does: bare or in the parser's envelope, the document flat or under `nodeData`, the cluster
 * named by `clusterId` (spec/decisions.md 17).
 * @throws {GridError} what `addNode` throws
 */
export async function addParsedNode(
  ports: Needs<'clusters' | 'controllers' | 'trail'> & NodeGuardPorts,
  submitted: Readonly<Record<string, unknown>>,
  ifMatch: number | null,
  asker: Asker,
): Promise<{ stored: StoredCluster; warnings: Warning[] }> {
  const { document, pointer } = documentIn(submitted, 'the node document, with its clusterId')
  const clusterId = clusterOf(document, pointer)
  if (!inScope(asker.caller, clusterId)) throw clusterNotFound(clusterId)
  ports.trail.about(clusterId)
  return addNode(ports, { clusterId, body: document, pointer, ifMatch }, asker)
}

function clusterOf(document: Readonly<Record<string, unknown>>, pointer: string): ClusterId {
  const { nodeData } = document
  const inner = typeof nodeData === 'object' && nodeData !== null ? (nodeData as Record<string, unknown>) : {}
  const given = document.clusterId ?? document.cluster_id ?? inner.clusterId ?? inner.cluster_id
  const id = ClusterId.safeParse(given)
  if (id.success) return id.data
  const detail = given === undefined ? 'must name the cluster' : (id.error.issues[0]?.message ?? 'is not valid')
  throw invalidBody([{ pointer: `${pointer}/clusterId`, detail }])
}
