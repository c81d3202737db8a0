import { removeClusterInfra } from '@gridgate/core/infra/remove-cluster-infra'
import { InfraRequest, Scheduled } from '@gridgate/core/infra/start-infra-task'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /remove-cluster-infra: starts the task that takes a cluster's in-cluster services away. */
export const clearInfra = endpoint(
  post('/remove-cluster-infra', {
    operation: 'infra/remove',
    cluster: ({ body: { cluster_id: id } }) => (typeof id === 'string' ? id : null),
    summary: 'Remove the in-cluster services of a cluster',
    access: 'cluster-manager',
    body: InfraRequest,
    returns: Scheduled,
    errors: ['kubeconfig.invalid', 'address.refused', 'cluster.not_found', 'task.running', 'pre_check.denied'],
  }),
  async (
    ports: Needs<'clusters' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | GuardPort>,
    { body, caller, requestId },
  ) => {
    const scheduled = await removeClusterInfra(ports, { body, caller, requestId })
    return new Reply(scheduled, { headers: { location: `/tasks/${scheduled.task_id}` } })
  },
)

export const handler = lambda(clearInfra)
