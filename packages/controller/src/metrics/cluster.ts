import { decodeCursor, encodeCursor } from '@gridgate/core/cursor'
import { JsonObject } from '@gridgate/core/json'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { ClusterMetrics, NodeMetrics } from '@gridgate/core/metrics/node-metrics'
import { PageRequest } from '@gridgate/core/page'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'
import { readLastSeen } from './last-seen.ts'
import { readMoment, readRange } from './moment.ts'
import { readClusterHistory, readClusterMetrics } from './read-cluster-metrics.ts'
import { readNodes } from './read-nodes.ts'

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
  async (ports: Pick<ControllerPorts, 'settings' | 'database' | 'clock'>, { query }) => {
    const at = readMoment(query.at, ports.clock.now())
    const range = readRange(query, at)
    const after = query.cursor === undefined ? '' : decodeCursor(list, query.cursor)
    const [clusterMetrics, [nodes, nextCursor], history] = await Promise.all([
      readClusterMetrics(ports, at),
      readLastSeen(ports, at).then(async (all) => {
        const seen = [...all].filter(([id]) => id > after)
        const page = seen.slice(0, query.limit)
        const last = seen.length > page.length ? page.at(-1)?.[0] : undefined
        const nodes = await readNodes(ports, at, new Map(page))
        return [nodes, last === undefined ? null : encodeCursor(list, last)] as const
      }),
      range && readClusterHistory(ports, range),
    ])
    const past = history ? { history } : {}
    return { cluster_metrics: clusterMetrics, node_metrics: nodes, next_cursor: nextCursor, ...past }
  },
)
