import { ClusterId } from '@gridgate/core/cluster/cluster'
import { Reporting } from '@gridgate/core/controller/heartbeat'
import { readReporting } from '@gridgate/core/controller/read-reporting'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/{cluster_id}/controller: whether the cluster's controller reports: live, stale, unreachable, and since when. */
export const readController = endpoint(
  get('/clusters/{cluster_id}/controller', {
    summary: 'How does the controller of a cluster report?',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    returns: Reporting.extend({ enrolled: z.boolean(), key_id: z.string().nullable() }),
    errors: ['cluster.not_found'],
  }),
  (ports: Needs<'clusters' | 'heartbeats' | 'clock'>, { params }) => readReporting(ports, params.cluster_id),
)

export const handler = lambda(readController)
