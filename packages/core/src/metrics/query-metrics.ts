import type { ClusterId } from '../cluster/cluster.ts'
import type { JsonObject } from '../json.ts'
import { askReader, type MetricsPorts } from './ask-reader.ts'
import { type MetricsQuery, MetricsResult } from './metrics-query.ts'

/** Whatever else a cluster measures, in PromQL. @throws {GridError} `metrics.invalid_query`, and as `askReader` */
export const queryMetrics = (ports: MetricsPorts, id: ClusterId, body: MetricsQuery): Promise<MetricsResult> =>
  askReader(ports, id, { method: 'POST', path: '/query', body: body as JsonObject, answer: MetricsResult })
