import { Policy, PolicyChange, PolicyUri } from '@gridgate/core/policy/policy'
import { updatePolicy } from '@gridgate/core/policy/update-policy'
import type { Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /policy/{policy_rule_uri}: changes what is not code. */
export const changePolicy = endpoint(
  put('/policy/{policy_rule_uri}', {
    operation: 'policies/update',
    summary: 'Change description, metadata, tags and default arguments of a policy',
    access: 'cluster-manager',
    params: z.object({ policy_rule_uri: PolicyUri }),
    body: z
      .union([z.strictObject({ $set: PolicyChange }).transform(({ $set }) => $set), PolicyChange])
      .describe('The fields to change, or the whole entry; `{"$set": …}` means its content'),
    returns: Policy,
    errors: [
      'policy.not_found',
      'policy.immutable',
      'policy.changed',
      'policy.invalid_code',
      'policy.requirements',
      'policy.unavailable',
      'address.refused',
      'precondition.failed',
    ],
  }),
  async (ports: Needs<'policies' | 'engine' | 'codeFetcher' | 'trail'>, request) => {
    const { params, body: change } = request
    const { policy, version, warnings } = await updatePolicy(ports, { ...request, uri: params.policy_rule_uri, change })
    return new Reply(policy, { version, warnings })
  },
)

export const handler = lambda(changePolicy)
