import { NewPolicy, Policy } from '@gridgate/core/policy/policy'
import { registerPolicy } from '@gridgate/core/policy/register-policy'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /policy: registers a policy version and pins its code. */
export const publishPolicy = endpoint(
  post('/policy', {
    operation: 'policies/create',
    cluster: ({ body }) => body.cluster_id,
    summary: 'Register a policy',
    access: 'cluster-manager',
    body: NewPolicy,
    returns: Policy,
    errors: [
      'policy.exists',
      'policy.invalid_code',
      'policy.requirements',
      'policy.unavailable',
      'address.refused',
      'cluster.not_found',
    ],
  }),
  async (ports: Needs<'policies' | 'clusters' | 'engine' | 'codeFetcher' | 'trail'>, { body, caller, requestId }) => {
    const { policy, version, warnings } = await registerPolicy(ports, { policy: body, caller, requestId })
    return new Reply(policy, { version, warnings })
  },
)

export const handler = lambda(publishPolicy)
