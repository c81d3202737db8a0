import { ClusterId } from '@gridgate/core/cluster/cluster'
import { removeCluster } from '@gridgate/core/cluster/remove-cluster'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** DELETE /clusters/delete/{cluster_id}: removes an empty cluster. */
export const deleteCluster = endpoint(
  del('/clusters/delete/{cluster_id}', {
    operation: 'clusters/delete',
    summary: 'Remove an empty cluster',
    access: 'network-admin',
    params: z.object({ cluster_id: ClusterId }),
    returns: z.object({ message: z.literal('Cluster deleted'), cluster_id: z.string() }),
    errors: ['cluster.not_found', 'cluster.in_use', 'cluster.changed', 'precondition.failed', 'pre_check.denied'],
  }),
  async (ports: Needs<'clusters' | 'summaries' | 'trail' | GuardPort>, request) =>
    removeCluster(ports, { id: request.params.cluster_id, ifMatch: request.ifMatch }, request),
)

export const handler = lambda(deleteCluster)
