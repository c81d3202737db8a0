import { PolicyUri } from '@gridgate/core/policy/policy'
import { removePolicy } from '@gridgate/core/policy/remove-policy'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /policy/{policy_rule_uri}: removes a policy that no map names. */
export const deletePolicy = endpoint(
  del('/policy/{policy_rule_uri}', {
    operation: 'policies/delete',
    summary: 'Remove a policy',
    access: 'cluster-manager',
    params: z.object({ policy_rule_uri: PolicyUri }),
    returns: z.object({ message: z.string(), policy_rule_uri: PolicyUri }),
    errors: ['policy.not_found', 'policy.in_use', 'policy.changed', 'precondition.failed'],
  }),
  (ports: Needs<'policies' | 'policyMaps' | 'clusters' | 'trail'>, request) =>
    removePolicy(ports, { ...request, uri: request.params.policy_rule_uri }),
)

export const handler = lambda(deletePolicy)
