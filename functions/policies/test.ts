import { trialErrors } from '@gridgate/core/errors'
import { PolicyTrial, testPolicy } from '@gridgate/core/policy/test-policy'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /policies/test: runs a policy once; nothing is recorded or changed. */
export const tryPolicy = endpoint(
  post('/policies/test', {
    operation: null,
    summary: 'Try a policy',
    access: 'cluster-manager',
    body: PolicyTrial,
    returns: z.object({
      output: z.json().describe('What eval returned'),
      duration_ms: z.number(),
      log: z.string().describe('What the policy printed'),
    }),
    errors: ['policy.invalid_code', 'policy.out_of_memory', 'policy.unavailable', ...trialErrors],
  }),
  (ports: Needs<'policies' | 'engine'>, { body, caller }) => testPolicy(ports, body, caller),
)

export const handler = lambda(tryPolicy)
