import { decodeCursor, encodeCursor } from '@gridgate/core/cursor'
import { JsonObject } from '@gridgate/core/json'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { ClusterMetrics, NodeMetrics } from '@gridgate/core/metrics/node-metrics'
import { PageRequest } from '@gridgate/core/page'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { type ViewPorts, viewAt } from './cluster-view.ts'
import { readMoment, readRange } from './moment.ts'
import { readClusterHistory } from './read-cluster-metrics.ts'

const list = 'node_metrics'

/** GET /cluster: the cluster's figures, a page of its nodes', and with a range the cluster's past. */
export const showClusterMetrics = endpoint(
  get('/cluster', {
    summary: 'Read the metrics of the cluster and its nodes',
    access: 'service',
    query: PageRequest.extend(MomentQuery.shape),
    returns: z.object({
      cluster_metrics: ClusterMetrics,
      node_metrics: z.array(NodeMetrics),
      next_cursor: z.string().nullable(),
      history: z.array(JsonObject).optional(),
    }),
    errors: ['metrics.unavailable', 'cursor.invalid'],
  }),
  async (ports: ViewPorts, { query }) => {
    const now = ports.clock.now()
    const at = readMoment(query.at, now)
    const range = readRange(query, at ?? now)
    const after = query.cursor === undefined ? '' : decodeCursor(list, query.cursor)
    const view = await viewAt(ports, at)
    const seen = [...view.seen].filter(([id]) => id > after)
    const page = seen.slice(0, query.limit)
    const last = seen.length > page.length ? page.at(-1)?.[0] : undefined
    const [totals, nodes, history] = await Promise.all([
      view.totals(),
      view.nodes(new Map(page)),
      range && readClusterHistory(ports, range),
    ])
    return {
      cluster_metrics: totals,
      node_metrics: nodes,
      next_cursor: last === undefined ? null : encodeCursor(list, last),
      ...(history ? { history } : {}),
    }
  },
)
