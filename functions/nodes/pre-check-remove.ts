import { ClusterId } from '@gridgate/core/cluster/cluster'
import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { trialErrors } from '@gridgate/core/errors'
import { answerOf, RemovalAnswer, tryRemoval } from '@gridgate/core/node/try-node'
import type { Needs, TrialPort } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-checks/remove-node/{cluster_id}: would the policies admit the removal of a node? Nothing is changed. */
export const preCheckRemoval = endpoint(
  post('/pre-checks/remove-node/{cluster_id}', {
    operation: null,
    summary: 'Would the policies admit the removal of a node?',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: z.object({ node_id: NodeId }),
    envelope: false, // the documented body
    returns: RemovalAnswer,
    errors: ['cluster.not_found', 'node.not_found', ...trialErrors],
  }),
  async (ports: Needs<'clusters' | 'summaries' | TrialPort>, request) =>
    answerOf(await tryRemoval(ports, request.params.cluster_id, request.body.node_id, request)),
)

export const handler = lambda(preCheckRemoval)
