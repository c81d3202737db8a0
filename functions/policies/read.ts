import { Policy, PolicyUri } from '@gridgate/core/policy/policy'
import { readPolicy } from '@gridgate/core/policy/read-policy'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /policy/{policy_rule_uri}: one policy with its code. */
export const showPolicy = endpoint(
  get('/policy/{policy_rule_uri}', {
    summary: 'Read a policy',
    access: 'viewer',
    params: z.object({ policy_rule_uri: PolicyUri }),
    returns: Policy,
    errors: ['policy.not_found'],
  }),
  async (ports: Needs<'policies'>, { params, caller }) => {
    const { policy, version } = await readPolicy(ports, params.policy_rule_uri, caller)
    return new Reply(policy, { version })
  },
)

export const handler = lambda(showPolicy)
