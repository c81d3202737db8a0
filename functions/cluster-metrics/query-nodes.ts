import { ClusterId } from '@gridgate/core/cluster/cluster'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { NodeDocument } from '@gridgate/core/metrics/node-metrics'
import { NodeQuery } from '@gridgate/core/metrics/node-query'
import { queryNodeMetrics } from '@gridgate/core/metrics/query-node-metrics'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /cluster-metrics/{cluster_id}/node/query: the nodes of a cluster whose metrics match, page by page. */
export const findNodeMetrics = endpoint(
  post('/cluster-metrics/{cluster_id}/node/query', {
    operation: null,
    summary: 'Find nodes of a cluster by their metrics',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    query: MomentQuery.pick({ at: true }),
    body: NodeQuery,
    returns: z.object({ success: z.literal(true), data: z.array(NodeDocument) }),
    errors: [
      ...(['cluster.not_found', 'cluster.no_controller', 'query.invalid', 'query.unknown_operator'] as const),
      ...(['cursor.invalid', 'metrics.unavailable'] as const),
    ],
  }),
  async (ports: Needs<'clusters' | 'controllers'>, { params, body, query }) => {
    const { data, nextCursor } = await queryNodeMetrics(ports, params.cluster_id, { body, query })
    return new Reply(data, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(findNodeMetrics)
