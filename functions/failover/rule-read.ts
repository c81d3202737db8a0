import { FailoverRule, RuleName } from '@gridgate/core/alarm/failover-rule'
import { readRule } from '@gridgate/core/alarm/manage-rules'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /failover-rules/{name}: one rule. */
export const showRule = endpoint(
  get('/failover-rules/{name}', {
    summary: 'Read a failover rule',
    access: 'viewer',
    params: z.object({ name: RuleName }),
    returns: FailoverRule,
    errors: ['rule.not_found'],
  }),
  async (ports: Needs<'failoverRules'>, { params, caller }) => {
    const { rule, version } = await readRule(ports, params.name, caller)
    return new Reply(rule, { version })
  },
)

export const handler = lambda(showRule)
