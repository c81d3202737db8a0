import { ClusterId } from '@gridgate/core/cluster/cluster'
import { trialErrors } from '@gridgate/core/errors'
import { AdditionAnswer, answerOf, tryAddition } from '@gridgate/core/node/try-node'
import type { Needs, TrialPort } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-checks/add-node/{cluster_id}: would the policies admit a node? Nothing is changed. */
export const preCheckAddition = endpoint(
  post('/pre-checks/add-node/{cluster_id}', {
    operation: null,
    summary: 'Would the policies admit a node?',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: z.looseObject({}).describe('The node document, flat or under `nodeData`'),
    envelope: false, // the documented body
    returns: AdditionAnswer,
    errors: ['cluster.not_found', ...trialErrors],
  }),
  async (ports: Needs<'clusters' | 'summaries' | TrialPort>, request) =>
    answerOf(await tryAddition(ports, request.params.cluster_id, request.body, request)),
)

export const handler = lambda(preCheckAddition)
