import type { ClusterNode, NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { type Asker, asJson, type GuardPorts } from '../cluster/guard-document.ts'
import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { currentMetrics } from '../metrics/current-metrics.ts'
import { type PreCheck, preCheck } from '../policy/pre-check.ts'
import type { Needs } from '../ports.ts'
import { readNode } from './read-node.ts'

/** A question to the two policies about one node of a cluster. */
export interface NodeQuestion extends Asker {
  stored: StoredCluster
  taskId?: string
}

type MetricsPorts = Needs<'summaries' | 'clock'>

/** What guarding a node needs. */
export type NodeGuardPorts = GuardPorts & MetricsPorts

/** What the policies on `add_node` are asked (spec/policies.md §9). */
export async function additionCheck(ports: MetricsPorts, question: NodeQuestion, node: ClusterNode): Promise<PreCheck> {
  const { cluster } = question.stored
  const cluster_metrics = await currentMetrics(ports, cluster.id)
  return {
    ...common(question, 'add_node'),
    input: { cluster_data: asJson(cluster), cluster_metrics, node_data: node as unknown as JsonObject },
    accept: ({ node_data }) => void acceptNode(question, node, node_data),
  }
}

/**
 * What the policies on `remove_node` are asked (spec/decisions.md 19): the blocks with instances on the node stand under both
 * of their documented names. No block is known yet.
 */
export async function removalCheck(ports: MetricsPorts, question: NodeQuestion, nodeId: NodeId): Promise<PreCheck> {
  const { cluster } = question.stored
  const instances: Json[] = []
  return {
    ...common(question, 'remove_node'),
    input: {
      node_id: nodeId,
      cluster_data: asJson(cluster),
      cluster_metrics: await currentMetrics(ports, cluster.id),
      block_instances: instances,
      node_instances: instances,
    },
    accept: ({ node_id }) => refuseOtherNode(nodeId, node_id),
  }
}

/**
 * Asks both policies about a node that is to be added. What they return as `node_data` replaces it, and is validated again.
 * @throws {GridError} `pre_check.denied` and the other codes of `preCheck`; `policy.bad_verdict` for a rewrite that is no valid node, or another one
 */
export async function guardAddition(
  ports: NodeGuardPorts,
  question: NodeQuestion,
  node: ClusterNode,
): Promise<ClusterNode> {
  const { input } = await preCheck(ports, await additionCheck(ports, question, node))
  return acceptNode(question, node, input.node_data)
}

/** Asks both policies about a node that is to be removed. @throws {GridError} like `guardAddition` */
export async function guardRemoval(ports: NodeGuardPorts, question: NodeQuestion, nodeId: NodeId): Promise<void> {
  const { input } = await preCheck(ports, await removalCheck(ports, question, nodeId))
  refuseOtherNode(nodeId, input.node_id)
}

const common = ({ stored, caller, requestId, taskId }: NodeQuestion, action: 'add_node' | 'remove_node') => ({
  action,
  cluster: stored.cluster,
  caller,
  requestId,
  taskId: taskId ?? null,
})

/** The node that a policy returned. @throws {GridError} `policy.bad_verdict` */
export function acceptNode({ stored }: NodeQuestion, given: ClusterNode, returned: Json | undefined): ClusterNode {
  let node: ClusterNode
  try {
    node = readNode(returned, stored.cluster.id, '/node_data').node
  } catch (cause) {
    if (!(cause instanceof GridError)) throw cause
    throw new GridError('policy.bad_verdict', `the policy returned a node that is not valid: ${cause.message}`, {
      cause,
      ...(cause.details ? { details: cause.details } : {}),
    })
  }
  if (node.id !== given.id) throw new GridError('policy.bad_verdict', 'the policy changed the id of the node')
  return node
}

function refuseOtherNode(nodeId: NodeId, returned: Json | undefined): void {
  if (returned !== nodeId) throw new GridError('policy.bad_verdict', 'the policy named another node to remove')
}
