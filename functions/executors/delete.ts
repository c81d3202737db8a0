import { ExecutorId } from '@gridgate/core/executor/executor'
import { removeExecutor } from '@gridgate/core/executor/remove-executor'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /executor/{executor_id}: removes a policy executor that no switch names. */
export const deleteExecutor = endpoint(
  del('/executor/{executor_id}', {
    operation: 'executors/delete',
    summary: 'Remove a policy executor',
    access: 'network-admin',
    params: z.object({ executor_id: ExecutorId }),
    returns: z.object({ message: z.string(), executor_id: ExecutorId }),
    errors: ['executor.not_found', 'executor.in_use', 'executor.changed', 'precondition.failed'],
  }),
  (ports: Needs<'executors' | 'policyExecution' | 'clusters' | 'trail'>, request) =>
    removeExecutor(ports, { ...request, id: request.params.executor_id }),
)

export const handler = lambda(deleteExecutor)
