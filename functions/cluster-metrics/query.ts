import { ClusterId } from '@gridgate/core/cluster/cluster'
import { MetricsQuery, MetricsResult } from '@gridgate/core/metrics/metrics-query'
import { queryMetrics } from '@gridgate/core/metrics/query-metrics'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /cluster-metrics/{cluster_id}/query: whatever else is measured, in PromQL, answered in Prometheus' form. */
export const askMetrics = endpoint(
  post('/cluster-metrics/{cluster_id}/query', {
    operation: null,
    summary: "Ask a cluster's metrics database in PromQL",
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: MetricsQuery,
    returns: MetricsResult,
    errors: ['cluster.not_found', 'cluster.no_controller', 'metrics.invalid_query', 'metrics.unavailable'],
  }),
  (ports: Needs<'clusters' | 'controllers'>, { params, body }) => queryMetrics(ports, params.cluster_id, body),
)

export const handler = lambda(askMetrics)
