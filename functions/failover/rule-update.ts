import { FailoverRule, RuleName } from '@gridgate/core/alarm/failover-rule'
import { updateRule } from '@gridgate/core/alarm/manage-rules'
import type { Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /failover-rules/{name}: puts another rule in its place; one that acts needs a network admin. */
export const changeRule = endpoint(
  put('/failover-rules/{name}', {
    operation: 'failover/rule-update',
    summary: 'Change a failover rule',
    access: 'cluster-manager',
    params: z.object({ name: RuleName }),
    body: FailoverRule.describe('The whole rule'),
    returns: FailoverRule,
    errors: ['rule.not_found', 'rule.invalid', 'rule.changed', 'cluster.not_found', 'precondition.failed'],
  }),
  async (ports: Needs<'failoverRules' | 'clusters' | 'trail'>, request) => {
    const { params, body, ifMatch } = request
    const { rule, version } = await updateRule(ports, { name: params.name, rule: body, ifMatch }, request)
    return new Reply(rule, { version })
  },
)

export const handler = lambda(changeRule)
