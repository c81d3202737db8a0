import { Cluster } from '@gridgate/core/cluster/cluster'
import { queryClusters } from '@gridgate/core/cluster/query-clusters'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { readQueryText } from '@gridgate/core/query/parse-filter'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters: the clusters in the caller's scope, page by page. */
export const listClusters = endpoint(
  get('/clusters', {
    summary: 'List clusters',
    access: 'viewer',
    query: PageRequest.extend({
      query: z.string().max(8192).optional().describe('The JSON text of a query as POST /clusters/query takes it'),
    }),
    returns: z.array(Cluster),
    errors: ['query.invalid', 'query.unknown_operator', 'cursor.invalid'],
  }),
  async (ports: Needs<'clusters' | 'summaries' | 'clock'>, { query, caller }) => {
    const { query: text, ...page } = query
    const { items, nextCursor } = await queryClusters(ports, readQueryText(text), page, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(listClusters)
