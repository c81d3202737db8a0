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
    summary: 'Find clusters',
    access: 'viewer',
    body: PageRequest.extend({
      query: z
        .looseObject({}, { error: 'must be an object: a condition or a filter; {} is every cluster' })
        .describe('A condition {variable, operator, value}, a logical one, or a filter in the allowed part of MongoDB'),
    }),
    returns: z.array(Cluster),
    errors: ['query.invalid', 'query.unknown_operator', 'cursor.invalid'],
  }),
  async (ports: Needs<'clusters'>, { body, caller }) => {
    const { query, ...page } = body
    const { items, nextCursor } = await queryClusters(ports, query, page, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(findClusters)
