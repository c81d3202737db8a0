import { RuleName } from '@gridgate/core/alarm/failover-rule'
import { removeRule } from '@gridgate/core/alarm/manage-rules'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /failover-rules/{name}: removes a rule; actions that it asked for go on. */
export const deleteRule = endpoint(
  del('/failover-rules/{name}', {
    operation: 'failover/rule-delete',
    summary: 'Remove a failover rule',
    access: 'cluster-manager',
    params: z.object({ name: RuleName }),
    returns: z.object({ message: z.string(), name: RuleName }),
    errors: ['rule.not_found', 'rule.changed', 'precondition.failed'],
  }),
  (ports: Needs<'failoverRules' | 'trail'>, request) =>
    removeRule(ports, { name: request.params.name, ifMatch: request.ifMatch }, request),
)

export const handler = lambda(deleteRule)
