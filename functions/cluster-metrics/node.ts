import { ClusterId } from '@gridgate/core/cluster/cluster'
import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { JsonObject } from '@gridgate/core/json'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { NodeDocument } from '@gridgate/core/metrics/node-metrics'
import { readNodeMetrics } from '@gridgate/core/metrics/read-node-metrics'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /cluster-metrics/node/{cluster_id}/{node_id}: the metrics of one node. */
export const showNodeMetrics = endpoint(
  get('/cluster-metrics/node/{cluster_id}/{node_id}', {
    summary: 'Read the metrics of a node',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId, node_id: NodeId }),
    query: MomentQuery,
    returns: z.object({
      success: z.literal(true),
      data: z.array(NodeDocument.extend({ history: z.array(JsonObject).optional() })).length(1),
    }),
    errors: ['cluster.not_found', 'cluster.no_controller', 'node.not_found', 'metrics.unavailable'],
  }),
  (ports: Needs<'clusters' | 'controllers'>, { params, query }) =>
    readNodeMetrics(ports, { clusterId: params.cluster_id, nodeId: params.node_id }, query),
)

export const handler = lambda(showNodeMetrics)
