import { ClusterId } from '@gridgate/core/cluster/cluster'
import { trialErrors } from '@gridgate/core/errors'
import { AdditionDryRun, dryRunAnswer, tryAddition } from '@gridgate/core/node/try-node'
import type { Needs, TrialPort } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-check-policies/add_node/dry_run/{cluster_id}: the same question, answered level by level. */
export const dryRunAddition = endpoint(
  post('/pre-check-policies/add_node/dry_run/{cluster_id}', {
    operation: null,
    summary: 'Would network and cluster admit a node?',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: z.looseObject({}).describe('The node document, flat or under `nodeData`'),
    envelope: false, // the documented body
    returns: AdditionDryRun,
    errors: ['cluster.not_found', ...trialErrors],
  }),
  async (ports: Needs<'clusters' | 'summaries' | TrialPort>, request) =>
    dryRunAnswer(await tryAddition(ports, request.params.cluster_id, request.body, request)),
)

export const handler = lambda(dryRunAddition)
