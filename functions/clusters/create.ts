import { Cluster } from '@gridgate/core/cluster/cluster'
import { createCluster } from '@gridgate/core/cluster/create-cluster'
import { guardErrors } from '@gridgate/core/errors'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /clusters/create: registers a cluster. */
export const addCluster = endpoint(
  post('/clusters/create', {
    operation: 'clusters/create',
    summary: 'Register a cluster',
    access: 'network-admin',
    body: z.looseObject({}).describe('The cluster document; totals are optional, nodes may write nodeId for id'),
    bodyBytesMax: 4 * 2 ** 20,
    returns: Cluster,
    errors: ['cluster.exists', 'cluster.too_large', ...guardErrors],
  }),
  async (ports: Needs<'clusters' | 'trail' | GuardPort>, request) => {
    const { stored, warnings } = await createCluster(ports, request.body, request)
    return new Reply(stored.cluster, { version: stored.version, warnings })
  },
)

export const handler = lambda(addCluster)
