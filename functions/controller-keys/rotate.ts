import { ClusterId } from '@gridgate/core/cluster/cluster'
import { rotateControllerKey } from '@gridgate/core/controller/rotate-controller-key'
import { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /clusters/{cluster_id}/controller-key/rotate: the controller makes a new key; its next heartbeat enrols it. */
export const rotateKey = endpoint(
  post('/clusters/{cluster_id}/controller-key/rotate', {
    operation: 'controller-keys/rotate',
    summary: "Change the key of a cluster's controller",
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    returns: JsonObject,
    errors: ['cluster.not_found', 'cluster.no_controller', 'controller.unreachable'],
  }),
  (ports: Needs<'clusters' | 'controllers'>, { params }) => rotateControllerKey(ports, params.cluster_id),
)

export const handler = lambda(rotateKey)
