import { ActionRecord, ActionState, ActionType } from '@gridgate/core/action/action'
import { listActions } from '@gridgate/core/action/read-action'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /actions: the actions on clusters in scope, newest first. */
export const listFailovers = endpoint(
  get('/actions', {
    summary: 'List failover actions, newest first',
    access: 'viewer',
    query: PageRequest.extend({
      cluster_id: ClusterId.optional(),
      pool: z.string().max(253).optional(),
      type: ActionType.optional(),
      state: ActionState.optional(),
      since: z.iso
        .datetime({ offset: true })
        .transform((text) => new Date(text).toISOString())
        .optional(),
    }),
    returns: z.array(ActionRecord.omit({ steps: true })),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'actions'>, { query, caller }) => {
    const { items, nextCursor } = await listActions(ports, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(listFailovers)
