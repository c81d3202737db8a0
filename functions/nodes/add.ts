import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { addNode } from '@gridgate/core/node/add-node'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /nodes/add-node-to-cluster/{cluster_id}: adds a node to a cluster. */
export const addNodeToCluster = endpoint(
  post('/nodes/add-node-to-cluster/{cluster_id}', {
    operation: 'nodes/add',
    summary: 'Add a node to a cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: z.looseObject({}).describe('The node document; `nodeId` is read as `id`, and it may stand under `nodeData`'),
    returns: Cluster,
    errors: [
      'cluster.not_found',
      'cluster.changed',
      'cluster.too_large',
      'node.exists',
      'node.external_refused',
      'node.not_in_cluster',
      'precondition.failed',
      ...guardErrors,
      ...controllerErrors,
    ],
  }),
  async (ports: Needs<'clusters' | 'controllers' | 'summaries' | 'trail' | GuardPort>, request) => {
    const { params, body, ifMatch } = request
    const { stored, warnings } = await addNode(ports, { clusterId: params.cluster_id, body, ifMatch }, request)
    return new Reply(stored.cluster, { version: stored.version, warnings })
  },
)

export const handler = lambda(addNodeToCluster)
