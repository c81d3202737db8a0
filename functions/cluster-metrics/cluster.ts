import { ClusterId } from '@gridgate/core/cluster/cluster'
import { JsonObject } from '@gridgate/core/json'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { ClusterMetrics, NodeMetrics } from '@gridgate/core/metrics/node-metrics'
import { readClusterMetrics } from '@gridgate/core/metrics/read-cluster-metrics'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /cluster-metrics/{cluster_id}: the cluster's figures, and page by page its nodes'. */
export const showClusterMetrics = endpoint(
  get('/cluster-metrics/{cluster_id}', {
    summary: 'Read the metrics of a cluster and its nodes',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    query: PageRequest.extend(MomentQuery.shape),
    returns: z.object({
      success: z.literal(true),
      data: z.object({
        cluster_metrics: ClusterMetrics,
        node_metrics: z.array(NodeMetrics),
        history: z.array(JsonObject).optional().describe('the cluster at each step of the range, the oldest first'),
      }),
    }),
    errors: ['cluster.not_found', 'cluster.no_controller', 'cursor.invalid', 'metrics.unavailable'],
  }),
  async (ports: Needs<'clusters' | 'controllers'>, { params, query }) => {
    const { data, nextCursor } = await readClusterMetrics(ports, params.cluster_id, query)
    return new Reply(data, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(showClusterMetrics)
