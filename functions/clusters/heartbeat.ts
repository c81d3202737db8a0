import { ClusterId } from '@gridgate/core/cluster/cluster'
import { HeartbeatReply, HeartbeatRequest } from '@gridgate/core/controller/heartbeat'
import { recordHeartbeat } from '@gridgate/core/controller/record-heartbeat'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /clusters/{cluster_id}/heartbeat: a cluster's controller reports. */
export const takeHeartbeat = endpoint(
  post('/clusters/{cluster_id}/heartbeat', {
    operation: null,
    summary: 'Report that the controller of a cluster lives',
    access: 'service',
    params: z.object({ cluster_id: ClusterId }),
    body: HeartbeatRequest,
    returns: HeartbeatReply,
    errors: ['cluster.not_found', 'auth.invalid'],
  }),
  (ports: Needs<'clusters' | 'heartbeats' | 'summaries' | 'gatewayKeys' | 'clock' | 'log'>, { params, body, caller }) =>
    recordHeartbeat(ports, params.cluster_id, body, caller),
)

export const handler = lambda(takeHeartbeat)
