import { ExecutorId } from '@gridgate/core/executor/executor'
import { ExecutorInfraRequest, removeExecutorInfra } from '@gridgate/core/executor/start-executor-task'
import { Scheduled } from '@gridgate/core/infra/start-infra-task'
import type { Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /executor/{executor_id}/remove-infra: starts the task that takes an executor away from its cluster. */
export const clearExecutor = endpoint(
  del('/executor/{executor_id}/remove-infra', {
    operation: 'executors/remove-infra',
    summary: 'Take a policy executor away from its cluster',
    access: 'network-admin',
    params: z.object({ executor_id: ExecutorId }),
    body: ExecutorInfraRequest,
    // Not every client and proxy passes on the body of a DELETE.
    aliases: [{ method: 'POST', path: '/executor/{executor_id}/remove-infra' }],
    returns: Scheduled,
    errors: ['executor.not_found', 'executor.in_use', 'kubeconfig.invalid', 'address.refused', 'task.running'],
  }),
  async (
    ports: Needs<
      | 'executors'
      | 'policyExecution'
      | 'clusters'
      | 'tasks'
      | 'workflows'
      | 'kubeconfigs'
      | 'kubeconfigReader'
      | 'clock'
      | 'ids'
      | 'log'
    >,
    { params, body, caller },
  ) => {
    const scheduled = await removeExecutorInfra(ports, { id: params.executor_id, body, caller })
    return new Reply(scheduled, { headers: { location: `/tasks/${scheduled.task_id}` } })
  },
)

export const handler = lambda(clearExecutor)
