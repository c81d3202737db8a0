import { MarkedNode, pageCordons } from '@gridgate/core/action/list-cordons'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { controllerErrors } from '@gridgate/core/errors'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/{cluster_id}/cordons: the nodes that tasks keep closed, and whether somebody should look after them. */
export const listCordons = endpoint(
  get('/clusters/{cluster_id}/cordons', {
    summary: 'List the nodes that tasks keep closed',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    query: PageRequest,
    returns: z.array(MarkedNode),
    errors: ['cluster.not_found', 'cursor.invalid', ...controllerErrors],
  }),
  async (ports: Needs<'clusters' | 'controllers' | 'tasks' | 'clock'>, { params, query, caller }) => {
    const { items, nextCursor } = await pageCordons(ports, params.cluster_id, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(listCordons)
