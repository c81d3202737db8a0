import { ClusterId } from '@gridgate/core/cluster/cluster'
import { ClusterExecution, readClusterExecution } from '@gridgate/core/executor/read-execution'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/{cluster_id}/policy-execution: where a cluster's own policies run. */
export const readExecutionOfCluster = endpoint(
  get('/clusters/{cluster_id}/policy-execution', {
    summary: "Read where a cluster's own policies run",
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    returns: ClusterExecution,
    errors: ['cluster.not_found'],
  }),
  async (ports: Needs<'policyExecution' | 'clusters'>, { params, caller }) => {
    const { setting, version } = await readClusterExecution(ports, params.cluster_id, caller)
    return new Reply(setting, { version })
  },
)

export const handler = lambda(readExecutionOfCluster)
