import { ClusterId } from '@gridgate/core/cluster/cluster'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { SyncReport, syncNodes } from '@gridgate/core/node/sync-nodes'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

const Flag = z.stringbool().default(false)

/** POST /clusters/{cluster_id}/sync: brings a cluster's nodes to what its Kubernetes knows. */
export const syncCluster = endpoint(
  post('/clusters/{cluster_id}/sync', {
    operation: 'clusters/sync',
    summary: 'Adopt what Kubernetes knows about the nodes of a cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    query: z.object({
      dry_run: Flag.describe('only say what differs'),
      prune: Flag.describe('take out nodes that are not in Kubernetes'),
    }),
    returns: SyncReport,
    errors: [
      'cluster.not_found',
      'cluster.no_controller',
      'cluster.changed',
      'cluster.too_large',
      ...guardErrors,
      ...controllerErrors,
    ],
    aliases: [{ method: 'GET', path: '/sync-cluster/{cluster_id}' }],
  }),
  async (ports: Needs<'clusters' | 'controllers' | 'trail' | GuardPort>, request) => {
    const { params, query } = request
    const order = { clusterId: params.cluster_id, isPruning: query.prune, isDryRun: query.dry_run }
    const { report, version, warnings } = await syncNodes(ports, order, request)
    // The old GET changes something, so nobody may keep its answer.
    return new Reply(report, { version, warnings, headers: { 'cache-control': 'no-store' } })
  },
)

export const handler = lambda(syncCluster)
