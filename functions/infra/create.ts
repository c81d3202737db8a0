import { createClusterInfra } from '@gridgate/core/infra/create-cluster-infra'
import { InfraRequest, Scheduled } from '@gridgate/core/infra/start-infra-task'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /create-cluster-infra: starts the task that builds a cluster's in-cluster services. */
export const buildInfra = endpoint(
  post('/create-cluster-infra', {
    operation: 'infra/create',
    cluster: ({ body: { cluster_id: id } }) => (typeof id === 'string' ? id : null),
    summary: 'Build the in-cluster services of a cluster',
    access: 'cluster-manager',
    body: InfraRequest,
    returns: Scheduled,
    errors: ['kubeconfig.invalid', 'address.refused', 'cluster.not_found', 'task.running', 'pre_check.denied'],
  }),
  async (
    ports: Needs<'clusters' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | GuardPort>,
    { body, caller, requestId },
  ) => {
    const scheduled = await createClusterInfra(ports, { body, caller, requestId })
    return new Reply(scheduled, { headers: { location: `/tasks/${scheduled.task_id}` } })
  },
)

export const handler = lambda(buildInfra)
