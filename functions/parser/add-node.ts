import { Cluster } from '@gridgate/core/cluster/cluster'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { addParsedNode } from '@gridgate/core/node/parse-addition'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { Warning } from '@gridgate/core/warning'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /api/addNode: what the node script calls; adds a node to the cluster that its document names. */
export const parseNode = endpoint(
  post('/api/addNode', {
    operation: 'parser/add-node',
    summary: 'Add a node as the node script does',
    access: 'cluster-manager',
    body: z
      .looseObject({})
      .describe('`clusterId` and the node document, flat or under `nodeData`, bare or in the parser envelope'),
    envelope: false,
    returns: z.object({
      success: z.literal(true),
      task_id: z.literal(''),
      result: Cluster,
      warnings: z.array(Warning).optional(),
    }),
    errors: [
      'cluster.not_found',
      'cluster.changed',
      'cluster.too_large',
      'node.exists',
      'node.external_refused',
      'node.not_in_cluster',
      'precondition.failed',
      ...guardErrors,
      ...controllerErrors,
    ],
  }),
  async (ports: Needs<'clusters' | 'controllers' | 'summaries' | 'trail' | GuardPort>, request) => {
    const { stored, warnings } = await addParsedNode(ports, request.body, request.ifMatch, request)
    const told = warnings.length > 0 ? { warnings } : {}
    return new Reply({ success: true, task_id: '', result: stored.cluster, ...told }, { version: stored.version })
  },
)

export const handler = lambda(parseNode)
