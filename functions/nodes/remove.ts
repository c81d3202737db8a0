import { ClusterId } from '@gridgate/core/cluster/cluster'
import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { Scheduled } from '@gridgate/core/infra/start-infra-task'
import { RemovalOptions, removeNode } from '@gridgate/core/node/remove-node'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /nodes/remove-node-from-cluster/{cluster_id}/{node_id}: starts the task that takes a node out of a cluster. */
export const removeNodeFromCluster = endpoint(
  del('/nodes/remove-node-from-cluster/{cluster_id}/{node_id}', {
    operation: 'nodes/remove',
    summary: 'Drain a node and remove it from its cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId, node_id: NodeId }),
    query: RemovalOptions,
    returns: Scheduled,
    errors: ['cluster.not_found', 'node.not_found', 'task.running', ...guardErrors, ...controllerErrors],
    aliases: [{ method: 'GET', path: '/nodes/remove-node-from-cluster/{cluster_id}/{node_id}' }],
  }),
  async (
    ports: Needs<'clusters' | 'controllers' | 'failoverSettings' | 'summaries' | 'tasks' | 'workflows' | GuardPort>,
    request,
  ) => {
    const { params, query } = request
    const order = { clusterId: params.cluster_id, nodeId: params.node_id, options: query }
    const scheduled = await removeNode(ports, order, request)
    // The documented GET changes something, so nobody may keep its answer.
    return new Reply(scheduled, {
      headers: { location: `/tasks/${scheduled.task_id}`, 'cache-control': 'no-store' },
    })
  },
)

export const handler = lambda(removeNodeFromCluster)
