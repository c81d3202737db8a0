import { ActionId, ActionNode, ActionRecord } from '@gridgate/core/action/action'
import { describeAction, findAction, pageOfNodes } from '@gridgate/core/action/read-action'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /actions/{id}: an action with its steps and a page of its nodes, before and after. */
export const readFailover = endpoint(
  get('/actions/{id}', {
    summary: 'Read a failover action',
    access: 'viewer',
    params: z.object({ id: ActionId }),
    query: PageRequest,
    returns: ActionRecord.extend({ nodes: z.array(ActionNode) }),
    errors: ['action.not_found', 'cursor.invalid'],
  }),
  async (ports: Needs<'actions' | 'tasks'>, { params, query, caller }) => {
    const action = await findAction(ports, params.id, caller)
    const { items: nodes, nextCursor } = await pageOfNodes(ports, action, query)
    return new Reply({ ...(await describeAction(ports, action)), nodes }, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(readFailover)
