import { ClusterId } from '@gridgate/core/cluster/cluster'
import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { Scheduled } from '@gridgate/core/infra/start-infra-task'
import { RemovalOptions, removeNode } from '@gridgate/core/node/remove-node'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /remove-node/{cluster_id}: the same removal as old clients of the membership server ask for it. */
export const removeNamedNode = endpoint(
  post('/remove-node/{cluster_id}', {
    operation: 'nodes/remove-by-body',
    summary: 'Drain the named node and remove it from its cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: RemovalOptions.extend({ node_id: NodeId }),
    returns: Scheduled,
    errors: ['cluster.not_found', 'node.not_found', 'task.running', ...guardErrors, ...controllerErrors],
  }),
  async (
    ports: Needs<'clusters' | 'controllers' | 'failoverSettings' | 'summaries' | 'tasks' | 'workflows' | GuardPort>,
    request,
  ) => {
    const { params, body } = request
    const order = { clusterId: params.cluster_id, nodeId: body.node_id, options: body }
    const scheduled = await removeNode(ports, order, request)
    // Old clients read `result`.
    const result = { success: true, message: scheduled.message }
    return new Reply(scheduled, { headers: { location: `/tasks/${scheduled.task_id}` }, beside: { result } })
  },
)

export const handler = lambda(removeNamedNode)
