import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { ControllerCall } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'

/** Longest wait for a cluster's metrics, in milliseconds: longer than the reader itself waits for its database. */
const readerMsMax = 12_000

/** What every question about metrics touches. */
export type MetricsPorts = Needs<'clusters' | 'controllers'>

/** `at`, `range` and `step`; the reader says what is wrong with them. */
export const MomentQuery = z.object({
  at: z.string().max(64).optional().describe('The moment, RFC 3339 or Unix seconds; now unless said otherwise'),
  range: z.string().max(16).optional().describe('Also the time before it, for example 1h'),
  step: z.string().max(16).optional().describe('One point for each, for example 30s'),
})
export type MomentQuery = z.infer<typeof MomentQuery>

/** What of a query string is passed on. */
export type PassedOn = Readonly<Record<string, string | number | undefined>>

/**
 * Asks the metrics reader of a cluster.
 * @param query goes behind the path
 * @throws {GridError} `cluster.not_found`, and what `controllers.call` throws: the reader's own errors come through
 */
export async function askReader<Answer>(
  ports: MetricsPorts,
  id: ClusterId,
  asked: Pick<ControllerCall, 'method' | 'path' | 'body'> & { query?: PassedOn; answer: z.ZodType<Answer> },
): Promise<Answer> {
  const stored = await ports.clusters.findOutline(id)
  if (!stored) throw clusterNotFound(id)
  const { answer, query = {}, path, ...call } = asked
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  const search = new URLSearchParams(given).toString()
  const data = await ports.controllers.call(stored, {
    ...call,
    part: 'metrics',
    path: search === '' ? path : `${path}?${search}`,
    timeoutMs: readerMsMax,
  })
  const read = answer.safeParse(data)
  if (read.success) return read.data
  throw new GridError('controller.failed', `the metrics reader of ${id} gave no usable reply`, { cause: read.error })
}

/** The reader's reply inside of ours: what the original's clients read is `data.data` (spec/errors-and-gaps.md 90). */
export interface Wrapped<Data> {
  success: true
  data: Data
}
export const wrapped = <Data>(data: Data): Wrapped<Data> => ({ success: true, data })
