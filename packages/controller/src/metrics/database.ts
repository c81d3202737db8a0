import { GridError } from '@gridgate/core/errors'
import { z } from 'zod'

/** One result of a query at one moment. */
export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

/** One result of a query over a time: a value at each step where there is one. */
export interface Series {
  labels: Readonly<Record<string, string>>
  /** Unix seconds and value. */
  points: readonly (readonly [number, number])[]
}

export interface TimeRange {
  start: Date
  end: Date
  stepSeconds: number
}

/** Port: the cluster's metrics database, asked in MetricsQL. */
export interface MetricsDatabase {
  /**
   * @param deadline ends it before its own time is up
   * @throws {GridError} `metrics.unavailable`, `metrics.invalid_query`
   */
  at(query: string, moment: Date, deadline?: AbortSignal): Promise<Sample[]>
  /** @throws {GridError} `metrics.unavailable`, `metrics.invalid_query` */
  over(query: string, range: TimeRange): Promise<Series[]>
}

/** Longest time for one answer, in milliseconds. The caller's own deadline is 10 s, so that ours is told, not its. */
const answerMsMax = 9_000
/** Largest answer, in bytes. */
const answerBytesMax = 32 * 2 ** 20

const Labels = z.record(z.string(), z.string())
const Point = z.tuple([z.number(), z.string()])
const Vector = z.array(z.object({ metric: Labels, value: Point }))
const Matrix = z.array(z.object({ metric: Labels, values: z.array(Point) }))
const Answer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.unknown() }),
})

/**
 * VictoriaMetrics over HTTP, at the address that is asked for anew each time; null where there is none. It comes from the
 * deployment and lies inside of the cluster, so the guarded client for addresses that callers choose (`@gridgate/remote`),
 * which refuses such ones, has no place here.
 */
export function openMetricsDatabase(address: () => string | null): MetricsDatabase {
  // Without `nocache` the database answers for half a minute ago.
  const ask = (
    path: string,
    given: Record<string, string>,
    deadline?: AbortSignal,
  ): Promise<z.infer<typeof Answer>['data']> => {
    const base = address()
    if (base === null) throw new GridError('metrics.unavailable', 'no metrics database is known here')
    return post(base + path, { ...given, nocache: '1', timeout: `${answerMsMax}ms` }, deadline)
  }
  return {
    async at(query, moment, deadline) {
      const { resultType, result } = await ask('/api/v1/query', { query, time: seconds(moment) }, deadline)
      if (resultType !== 'vector') throw notUnderstood('gives no value for each series at that moment')
      return parsed(Vector, result).map(({ metric, value }) => ({ labels: metric, value: toNumber(value[1]) }))
    },
    async over(query, { start, end, stepSeconds }) {
      const asked = { query, start: seconds(start), end: seconds(end), step: `${stepSeconds}s` }
      const { result } = await ask('/api/v1/query_range', asked)
      return parsed(Matrix, result).map(({ metric, values }) => ({
        labels: metric,
        points: values.map(([at, value]) => [at, toNumber(value)] as const),
      }))
    },
  }
}

const seconds = (moment: Date): string => (moment.getTime() / 1000).toFixed(3)

/** As the format writes numbers: `+Inf`, `-Inf` and `NaN` are some. */
const toNumber = (text: string): number => Number(text.replace('Inf', 'Infinity'))

async function post(
  url: string,
  given: Record<string, string>,
  deadline?: AbortSignal,
): Promise<z.infer<typeof Answer>['data']> {
  const signal = AbortSignal.any([AbortSignal.timeout(answerMsMax), ...(deadline ? [deadline] : [])])
  let status: number
  let text: string
  try {
    const reply = await fetch(url, { method: 'POST', body: new URLSearchParams(given), redirect: 'error', signal })
    status = reply.status
    text = await bounded(reply)
  } catch (cause) {
    if (cause instanceof GridError) throw cause
    const what = signal.aborted ? 'did not answer in time' : 'cannot be reached'
    throw new GridError('metrics.unavailable', `the metrics database ${what}`, { cause })
  }
  if (status === 400 || status === 422) throw notUnderstood('is refused by the metrics database', text)
  if (status === 501)
    throw new GridError('metrics.unavailable', 'a simulated metrics database does not answer such queries')
  if (status !== 200) throw new GridError('metrics.unavailable', `the metrics database answered ${status}`)
  return parsed(Answer, readJson(text)).data
}

/** @throws {GridError} `metrics.invalid_query` when there is more than anybody could want */
async function bounded(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of reply.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > answerBytesMax)
      throw notUnderstood(`has an answer of more than ${answerBytesMax / 2 ** 20} MB; ask for less at a time`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GridError('metrics.unavailable', 'what answers as the metrics database is none', { cause })
  }
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  throw new GridError('metrics.unavailable', 'what answers as the metrics database is none', { cause: read.error })
}

const notUnderstood = (what: string, cause?: unknown): GridError =>
  new GridError('metrics.invalid_query', `the query ${what}`, { cause })
