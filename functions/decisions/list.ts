import { Decision } from '@gridgate/core/policy/decision'
import { DecisionQuery, listDecisions } from '@gridgate/core/policy/list-decisions'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /decisions: what policies decided, newest first. */
export const getDecisions = endpoint(
  get('/decisions', {
    summary: 'List decisions of policies',
    access: 'viewer',
    query: DecisionQuery,
    returns: z.array(Decision),
    errors: ['cursor.invalid', 'cluster.not_found'],
  }),
  async (ports: Needs<'decisions'>, { query, caller }) => {
    const { items, nextCursor } = await listDecisions(ports, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getDecisions)
