import { ClusterId } from '@gridgate/core/cluster/cluster'
import { trialErrors } from '@gridgate/core/errors'
import { manageNodePolicy, PolicyCommand } from '@gridgate/core/node/manage-node-policy'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-checks/remove-node/mgmt/{cluster_id}: a command for the network's policy on removing nodes. */
export const manageRemoval = endpoint(
  post('/pre-checks/remove-node/mgmt/{cluster_id}', {
    operation: 'nodes/manage-remove',
    summary: "Command the network's policy on removing nodes",
    access: 'network-admin',
    params: z.object({ cluster_id: ClusterId }),
    body: PolicyCommand,
    envelope: false, // the documented body
    returns: z.object({ success: z.literal(true), result: z.json() }),
    errors: ['cluster.not_found', ...trialErrors],
  }),
  async (
    ports: Needs<'clusters' | 'policyMaps' | 'policies' | 'policyContexts' | 'engine' | 'log'>,
    { params, body },
  ) => ({
    success: true,
    result: await manageNodePolicy(ports, 'remove_node', params.cluster_id, body),
  }),
)

export const handler = lambda(manageRemoval)
