import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'
import { askReader, type MetricsPorts, type PassedOn, type Wrapped, wrapped } from './ask-reader.ts'

const Answer = z.object({
  cluster_metrics: JsonObject,
  node_metrics: z.array(JsonObject),
  next_cursor: z.string().nullable(),
  history: z.array(JsonObject).optional(),
})

/** A cluster's figures now or at a moment, and a page of its nodes'. @throws {GridError} as `askReader` */
export async function readClusterMetrics(
  ports: MetricsPorts,
  id: ClusterId,
  query: PassedOn,
): Promise<{ data: Wrapped<Omit<z.infer<typeof Answer>, 'next_cursor'>>; nextCursor: string | null }> {
  const found = await askReader(ports, id, { method: 'GET', path: '/cluster', query, answer: Answer })
  const { next_cursor: nextCursor, ...data } = found
  return { data: wrapped(data), nextCursor }
}
