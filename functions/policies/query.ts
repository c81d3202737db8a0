import { PageRequest } from '@gridgate/core/page'
import { Policy } from '@gridgate/core/policy/policy'
import { queryPolicies } from '@gridgate/core/policy/query-policies'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /policy/query: the policies that match, page by page. */
export const findPolicies = endpoint(
  post('/policy/query', {
    operation: null,
    summary: 'Find policies',
    access: 'viewer',
    body: PageRequest.extend({ query: z.looseObject({}).optional() })
      .loose()
      .describe('A filter, under `query` or bare beside `limit` and `cursor`; {} is every policy'),
    returns: z.array(Policy),
    errors: ['query.invalid', 'query.unknown_operator', 'cursor.invalid'],
  }),
  async (ports: Needs<'policies'>, { body, caller }) => {
    const { limit, cursor, query, ...bare } = body
    const page = { limit, ...(cursor === undefined ? {} : { cursor }) }
    const { items, nextCursor } = await queryPolicies(ports, query ?? bare, page, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(findPolicies)
