import { Cluster } from '@gridgate/core/cluster/cluster'
import { queryClusters } from '@gridgate/core/cluster/query-clusters'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /clusters/query: the clusters that match, page by page. */
export const findClusters = endpoint(
  post('/clusters/query', {
    operation: null,
    summary: 'Find clusters',
    access: 'viewer',
    body: PageRequest.extend({
      query: z
        .looseObject({}, { error: 'must be an object: a condition or a filter; {} is every cluster' })
        .optional()
        .describe('A condition {variable, operator, value}, a logical one, or a filter in the allowed part of MongoDB'),
      clusterMetricsQuery: z
        .looseObject({})
        .optional()
        .describe('The same about the latest metrics, for example cluster.vcpu.load_15m'),
      clusterQuery: z.looseObject({}).optional().describe('A query beside clusterMetricsQuery; both must match'),
    }).superRefine(({ query, clusterMetricsQuery, clusterQuery }, context) => {
      const isFilterObject = clusterMetricsQuery !== undefined || clusterQuery !== undefined
      const message = 'is needed: query, or clusterMetricsQuery and clusterQuery in its place'
      if ((query !== undefined) === isFilterObject) context.addIssue({ code: 'custom', path: ['query'], message })
    }),
    returns: z.array(Cluster),
    errors: ['query.invalid', 'query.unknown_operator', 'cursor.invalid'],
  }),
  async (ports: Needs<'clusters' | 'summaries' | 'clock'>, { body, caller }) => {
    const { query, clusterMetricsQuery, clusterQuery, ...page } = body
    const asked = query ?? { clusterMetricsQuery, clusterQuery }
    const { items, nextCursor } = await queryClusters(ports, asked, page, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(findClusters)
