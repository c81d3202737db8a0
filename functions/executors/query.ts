import { Executor } from '@gridgate/core/executor/executor'
import { queryExecutors } from '@gridgate/core/executor/query-executors'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /executor/query: the policy executors that match, page by page. */
export const findExecutors = endpoint(
  post('/executor/query', {
    operation: null,
    summary: 'Find policy executors',
    access: 'viewer',
    body: PageRequest.extend({ query: z.looseObject({}).optional() })
      .loose()
      .describe('A filter, under `query` or bare beside `limit` and `cursor`; {} is every executor'),
    returns: z.array(Executor),
    errors: ['query.invalid', 'query.unknown_operator', 'cursor.invalid'],
  }),
  async (ports: Needs<'executors'>, { body }) => {
    const { limit, cursor, query, ...bare } = body
    const page = { limit, ...(cursor === undefined ? {} : { cursor }) }
    const { items, nextCursor } = await queryExecutors(ports, query ?? bare, page)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(findExecutors)
