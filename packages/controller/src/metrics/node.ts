import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { NodeDocument } from '@gridgate/core/metrics/node-metrics'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { type ViewPorts, viewAt } from './cluster-view.ts'
import { readMoment, readRange } from './moment.ts'
import { readNodeHistory, toDocument } from './read-nodes.ts'

/** GET /node/{node_id}: the node's document, alone in a list as it always was. */
export const showNodeMetrics = endpoint(
  get('/node/{node_id}', {
    summary: 'Read the metrics of a node',
    access: 'service',
    params: z.object({ node_id: NodeId }),
    query: MomentQuery,
    returns: z.array(NodeDocument.extend({ history: z.array(JsonObject).optional() })).length(1),
    errors: ['node.not_found', 'metrics.unavailable'],
  }),
  async (ports: ViewPorts, { params, query }) => {
    const { node_id: id } = params
    const { clusterId } = ports.settings
    const now = ports.clock.now()
    const at = readMoment(query.at, now)
    const range = readRange(query, at ?? now)
    const view = await viewAt(ports, at)
    const seen = view.seen.get(id)
    if (!seen) throw new GridError('node.not_found', `no metrics of a node ${id} in cluster ${clusterId}`)
    const [nodes, history] = await Promise.all([
      view.nodes(new Map([[id, seen]])),
      range && readNodeHistory(ports, range, id),
    ])
    return nodes.map((node) => ({ ...toDocument(clusterId, node), ...(history ? { history } : {}) }))
  },
)
