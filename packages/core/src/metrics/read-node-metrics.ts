import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'
import { askReader, type MetricsPorts, type PassedOn, type Wrapped, wrapped } from './ask-reader.ts'

/** A node's figures, alone in a list. @throws {GridError} `node.not_found`, and as `askReader` */
export async function readNodeMetrics(
  ports: MetricsPorts,
  { clusterId, nodeId }: { clusterId: ClusterId; nodeId: string },
  query: PassedOn,
): Promise<Wrapped<JsonObject[]>> {
  const path = `/node/${encodeURIComponent(nodeId)}`
  return wrapped(await askReader(ports, clusterId, { method: 'GET', path, query, answer: z.array(JsonObject) }))
}
