import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { readClusterText } from '@gridgate/core/cluster/read-cluster'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/read/{cluster_id}: the document with its nodes. The stored text goes out as it is, in the usual envelope. */
export const readCluster = endpoint(
  get('/clusters/read/{cluster_id}', {
    summary: 'Read a cluster',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    envelope: false, // written here, around the stored text
    returns: z.object({ success: z.literal(true), data: Cluster }),
    errors: ['cluster.not_found'],
  }),
  async (ports: Needs<'clusters'>, { params }) => {
    const { json, version } = await readClusterText(ports, params.cluster_id)
    return new Reply(`{"success":true,"data":${json}}`, { version })
  },
)

export const handler = lambda(readCluster)
