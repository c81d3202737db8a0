import { ClusterId } from '@gridgate/core/cluster/cluster'
import { controllerErrors, guardErrors } from '@gridgate/core/errors'
import { JoinData, joinCommand } from '@gridgate/core/node/join-data'
import { JoinRequest, joinNode } from '@gridgate/core/node/join-node'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { Warning } from '@gridgate/core/warning'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /join-node/{cluster_id}: gives a machine what it needs to join, and follows it until its node is ready. */
export const joinMachine = endpoint(
  post('/join-node/{cluster_id}', {
    operation: 'nodes/join',
    summary: 'Let a machine join a cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: JoinRequest,
    envelope: false, // the documented body has `result` where others have `data`
    oneTimeSecret: true,
    returns: z.object({
      success: z.literal(true),
      task_id: z.string(),
      result: z.object({
        success: z.literal(true),
        join: JoinData,
        join_command: z.string().describe('the same as one line, for old clients; build your own command from `join`'),
        message: z.string(),
      }),
      warnings: z.array(Warning).optional(),
    }),
    errors: [
      'cluster.not_found',
      'cluster.no_controller',
      'cluster.too_large',
      'node.exists',
      'node.external_refused',
      'node.join_unconfigured',
      'node.tokens_exhausted',
      'task.running',
      ...guardErrors,
      ...controllerErrors,
    ],
  }),
  async (ports: Needs<'clusters' | 'controllers' | 'summaries' | 'tasks' | 'workflows' | GuardPort>, request) => {
    const { join, taskId, nodeId, warnings } = await joinNode(ports, request.params.cluster_id, request.body, request)
    const message = `Join data issued; the task ${taskId} waits for node '${nodeId}'`
    return new Reply(
      {
        success: true,
        task_id: taskId,
        result: { success: true, join, join_command: joinCommand(join), message },
        ...(warnings.length > 0 ? { warnings } : {}),
      },
      { headers: { location: `/tasks/${taskId}`, 'cache-control': 'no-store' } },
    )
  },
)

export const handler = lambda(joinMachine)
