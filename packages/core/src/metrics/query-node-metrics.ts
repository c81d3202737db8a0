import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'
import { askReader, type MetricsPorts, type PassedOn, type Wrapped, wrapped } from './ask-reader.ts'
import type { NodeQuery } from './node-query.ts'

const Answer = z.object({ items: z.array(JsonObject), next_cursor: z.string().nullable() })

/** The nodes of a cluster whose metrics match, page by page. @throws {GridError} `query.invalid`, `query.unknown_operator`, and as `askReader` */
export async function queryNodeMetrics(
  ports: MetricsPorts,
  id: ClusterId,
  { body, query }: { body: NodeQuery; query: PassedOn },
): Promise<{ data: Wrapped<JsonObject[]>; nextCursor: string | null }> {
  const asked = { method: 'POST', path: '/nodes/query', body: body as JsonObject, query, answer: Answer } as const
  const { items, next_cursor: nextCursor } = await askReader(ports, id, asked)
  return { data: wrapped(items), nextCursor }
}
