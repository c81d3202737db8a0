import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import { listRules, RuleQuery } from '@gridgate/core/alarm/list-rules'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /failover-rules: the rules of the clusters in scope, by name. */
export const getRules = endpoint(
  get('/failover-rules', {
    summary: 'List failover rules',
    access: 'viewer',
    query: RuleQuery,
    returns: z.array(FailoverRule),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'failoverRules'>, { query, caller }) => {
    const { items, nextCursor } = await listRules(ports, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getRules)
