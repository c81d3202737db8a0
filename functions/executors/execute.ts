import { trialErrors } from '@gridgate/core/errors'
import { executePolicy, PolicyExecution } from '@gridgate/core/executor/execute-policy'
import { ExecutorId } from '@gridgate/core/executor/executor'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /executor/{executor_id}/execute_policy: runs a registered policy on an executor. */
export const runOnExecutor = endpoint(
  post('/executor/{executor_id}/execute_policy', {
    operation: 'executors/execute',
    summary: 'Run a policy on an executor',
    access: 'cluster-manager',
    params: z.object({ executor_id: ExecutorId }),
    body: PolicyExecution,
    returns: z.json().describe('What the policy returned, whatever its shape'),
    errors: [
      'executor.not_found',
      'executor.unreachable',
      'executor.timeout',
      'policy.out_of_memory',
      'policy.unavailable',
      ...trialErrors,
    ],
  }),
  (ports: Needs<'executors' | 'executorClient' | 'policies' | 'trail'>, { params, body, caller }) =>
    executePolicy(ports, { id: params.executor_id, body, caller }),
)

export const handler = lambda(runOnExecutor)
