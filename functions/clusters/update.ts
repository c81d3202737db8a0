import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { updateCluster } from '@gridgate/core/cluster/update-cluster'
import { guardErrors } from '@gridgate/core/errors'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { patch } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PATCH /clusters/update/{cluster_id}: sets fields by dotted path. */
export const changeCluster = endpoint(
  patch('/clusters/update/{cluster_id}', {
    operation: 'clusters/update',
    summary: 'Change fields of a cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: z.looseObject({}).describe('Dotted path → value, for example {"clusterMetadata.owner": "Ann"}'),
    bodyBytesMax: 4 * 2 ** 20,
    returns: Cluster,
    errors: [
      'cluster.not_found',
      'cluster.changed',
      'cluster.too_large',
      'field.system_owned',
      'precondition.failed',
      'query.unknown_operator',
      ...guardErrors,
    ],
    aliases: [{ method: 'PUT', path: '/clusters/update/{cluster_id}' }],
  }),
  async (ports: Needs<'clusters' | 'trail' | GuardPort>, request) => {
    const { params, body, ifMatch } = request
    const { stored, warnings } = await updateCluster(ports, { id: params.cluster_id, update: body, ifMatch }, request)
    return new Reply(stored.cluster, { version: stored.version, warnings })
  },
)

export const handler = lambda(changeCluster)
