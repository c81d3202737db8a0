import { ActionNode, ActionRecord, isOver } from '@gridgate/core/action/action'
import { endedBadly } from '@gridgate/core/action/ended-badly'
import { ActionBody, parseOrder } from '@gridgate/core/action/parse-order'
import { awaitAction, describeAction, pageOfNodes } from '@gridgate/core/action/read-action'
import { requestAction } from '@gridgate/core/action/request-action'
import { actionErrors, controllerErrors, guardErrors } from '@gridgate/core/errors'
import type { GuardPort, Needs, ReportPort } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { waitMsOf } from '@gridgate/http/prefer'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** How long the caller is kept waiting unless the header Prefer says otherwise, in seconds (spec/decisions.md 27). */
const waitSecondsDefault = 10
/** Nodes in the reply; `GET /actions/{id}` goes on with the cursor. */
const nodesShown = 500

type RequestPorts = Needs<
  | ('actions' | 'clusters' | 'controllers' | 'failoverSettings' | 'histories' | 'calendar')
  | ('summaries' | 'tasks' | 'workflows' | GuardPort | ReportPort)
>

/**
 * POST /actions: starts a failover action. 200 once it is done, 202 with its address while it goes on (RFC 7240,
 * `Prefer: wait=N`); the work does not depend on the client's connection.
 */
export const requestFailover = endpoint(
  post('/actions', {
    operation: 'actions/request',
    cluster: ({ body }) => body?.cluster_id,
    summary: 'Cordon, restart, repair or uncordon a node pool',
    access: 'cluster-manager',
    body: ActionBody.nullable(),
    anyMediaType: true,
    returns: ActionRecord.extend({ nodes: z.array(ActionNode), next_cursor: z.string().nullable() }),
    envelope: false,
    errors: [
      ...([
        'cluster.not_found',
        'cluster.no_controller',
        'node.not_found',
        'pool.not_found',
        'jobset.not_found',
      ] as const),
      ...([
        'action.cluster_required',
        'action.id_reused',
        'action.in_flight',
        'action.node_required',
        'action.too_large',
      ] as const),
      ...(['budget.exhausted', 'budget.unreadable', 'failover.disabled', 'failover.outside_window'] as const),
      ...actionErrors,
      ...guardErrors,
      ...controllerErrors,
    ],
    errorMembers: ({ details, message }) => ({ id: details?.action_id ?? '', error: message }),
  }),
  async (ports: RequestPorts, { body, header, leftMs, ...asker }) => {
    const order = parseOrder(body, () => ports.ids.next())
    const waitMs = waitMsOf(header('prefer'), waitSecondsDefault)
    const asked = await requestAction(ports, order, asker, null)
    const action = await awaitAction(ports, asked, { waitMs: Math.min(waitMs, leftMs()), pause })
    const failure = endedBadly(action)
    if (failure) throw failure
    const { id, state } = action.record
    const { items: nodes, nextCursor: next_cursor } = await pageOfNodes(ports, action, { limit: nodesShown })
    const told = { ...(await describeAction(ports, action)), nodes, next_cursor }
    if (isOver(state)) return told
    return new Reply(told, { status: 202, headers: { location: `/actions/${encodeURIComponent(id)}` } })
  },
)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const handler = lambda(requestFailover)
