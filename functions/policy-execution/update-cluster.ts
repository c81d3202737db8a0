import { ClusterId } from '@gridgate/core/cluster/cluster'
import { ClusterSwitchChange } from '@gridgate/core/executor/execution-switch'
import { ClusterExecution } from '@gridgate/core/executor/read-execution'
import { switchClusterExecution } from '@gridgate/core/executor/switch-execution'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /clusters/{cluster_id}/policy-execution: switches where a cluster's own policies run. */
export const switchExecutionOfCluster = endpoint(
  put('/clusters/{cluster_id}/policy-execution', {
    operation: 'policy-execution/update-cluster',
    summary: "Switch where a cluster's own policies run",
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: ClusterSwitchChange,
    returns: ClusterExecution,
    errors: [
      'cluster.not_found',
      'cluster.changed',
      'cluster.too_large',
      'executor.not_found',
      'pre_check.denied',
      'precondition.failed',
    ],
  }),
  async (ports: Needs<'policyExecution' | 'executors' | 'clusters' | 'trail' | GuardPort>, request) => {
    const { params, body: change } = request
    const { setting, version } = await switchClusterExecution(ports, params.cluster_id, { ...request, change })
    return new Reply(setting, { version })
  },
)

export const handler = lambda(switchExecutionOfCluster)
