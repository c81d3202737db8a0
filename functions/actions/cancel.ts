import { ActionId } from '@gridgate/core/action/action'
import { cancelAction } from '@gridgate/core/action/cancel-action'
import type { Needs } from '@gridgate/core/ports'
import { CancelRequested } from '@gridgate/core/task/cancel-task'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /actions/{id}/cancel: the action's next step takes back its cordons, then it ends `cancelled`. */
export const cancelFailover = endpoint(
  post('/actions/{id}/cancel', {
    operation: 'actions/cancel',
    summary: 'Cancel a failover action',
    access: 'cluster-manager',
    params: z.object({ id: ActionId }),
    returns: CancelRequested,
    errors: ['action.not_found', 'action.finished'],
  }),
  async (ports: Needs<'actions' | 'tasks' | 'trail' | 'clock' | 'log'>, { params, caller }) =>
    cancelAction(ports, params.id, caller),
)

export const handler = lambda(cancelFailover)
