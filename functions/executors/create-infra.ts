import { ExecutorId } from '@gridgate/core/executor/executor'
import { createExecutorInfra, ExecutorInfraRequest } from '@gridgate/core/executor/start-executor-task'
import { Scheduled } from '@gridgate/core/infra/start-infra-task'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /executor/{executor_id}/create-infra: starts the task that builds an executor on a cluster. */
export const buildExecutor = endpoint(
  post('/executor/{executor_id}/create-infra', {
    operation: 'executors/create-infra',
    summary: 'Build a policy executor on a cluster',
    access: 'network-admin',
    params: z.object({ executor_id: ExecutorId }),
    body: ExecutorInfraRequest,
    returns: Scheduled,
    errors: ['executor.not_found', 'kubeconfig.invalid', 'address.refused', 'task.running'],
  }),
  async (
    ports: Needs<'executors' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | 'clock' | 'ids' | 'log'>,
    { params, body, caller },
  ) => {
    const scheduled = await createExecutorInfra(ports, { id: params.executor_id, body, caller })
    return new Reply(scheduled, { headers: { location: `/tasks/${scheduled.task_id}` } })
  },
)

export const handler = lambda(buildExecutor)
