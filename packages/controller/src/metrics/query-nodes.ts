import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { NodeDocument } from '@gridgate/core/metrics/node-metrics'
import { NodeQuery, splitNodeQuery } from '@gridgate/core/metrics/node-query'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { type ViewPorts, viewAt } from './cluster-view.ts'
import { findNodes } from './find-nodes.ts'
import { readMoment } from './moment.ts'

const errors = ['query.invalid', 'query.unknown_operator', 'cursor.invalid', 'metrics.unavailable'] as const
const query = MomentQuery.pick({ at: true })

/** POST /node/query: the nodes that match, as documents. */
export const queryNodes = endpoint(
  post('/node/query', {
    summary: 'Find nodes by their metrics',
    access: 'service',
    query,
    body: NodeQuery,
    returns: z.array(NodeDocument),
    errors,
  }),
  async (ports: ViewPorts, { body, query }) => {
    const view = await viewAt(ports, readMoment(query.at, ports.clock.now()))
    const { items, nextCursor } = await findNodes(view, { ...ports.settings, ...splitNodeQuery(body) })
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

/** POST /nodes/query: the same for the gateway, which reads the data of a reply and nothing beside it. */
export const pageNodes = endpoint(
  post('/nodes/query', {
    summary: 'Find nodes by their metrics, as a page',
    access: 'service',
    query,
    body: NodeQuery,
    returns: z.object({ items: z.array(NodeDocument), next_cursor: z.string().nullable() }),
    errors,
  }),
  async (ports: ViewPorts, { body, query }) => {
    const view = await viewAt(ports, readMoment(query.at, ports.clock.now()))
    const { items, nextCursor } = await findNodes(view, { ...ports.settings, ...splitNodeQuery(body) })
    return { items, next_cursor: nextCursor }
  },
)
