import { ClusterId } from '@gridgate/core/cluster/cluster'
import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { trialErrors } from '@gridgate/core/errors'
import { dryRunAnswer, RemovalDryRun, tryRemoval } from '@gridgate/core/node/try-node'
import type { Needs, TrialPort } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-check-policies/remove_node/dry_run/{cluster_id}/{node_id}: the same question, answered level by level. */
export const dryRunRemoval = endpoint(
  post('/pre-check-policies/remove_node/dry_run/{cluster_id}/{node_id}', {
    operation: null,
    summary: 'Would network and cluster admit the removal of a node?',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId, node_id: NodeId }),
    envelope: false, // the documented body
    returns: RemovalDryRun,
    errors: ['cluster.not_found', 'node.not_found', ...trialErrors],
  }),
  async (ports: Needs<'clusters' | 'summaries' | TrialPort>, request) =>
    dryRunAnswer(await tryRemoval(ports, request.params.cluster_id, request.params.node_id, request)),
)

export const handler = lambda(dryRunRemoval)
