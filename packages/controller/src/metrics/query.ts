import { GridError } from '@gridgate/core/errors'
import { MetricsQuery, MetricsResult } from '@gridgate/core/metrics/metrics-query'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import type { ControllerPorts } from '../controller-ports.ts'
import { readMoment, readRange } from './moment.ts'

/** Numbers of one answer: series times points. */
const numbersMax = 50_000

/** POST /query: whatever else is measured, in PromQL, in the form of Prometheus' own answer. */
export const queryMetrics = endpoint(
  post('/query', {
    summary: 'Ask the metrics database in PromQL',
    access: 'service',
    body: MetricsQuery,
    returns: MetricsResult,
    errors: ['metrics.invalid_query', 'metrics.unavailable'],
  }),
  async ({ database, clock }: Pick<ControllerPorts, 'database' | 'clock'>, { body }) => {
    const now = clock.now()
    const at = readMoment(body.at === undefined ? undefined : String(body.at), now) ?? now
    const range = readRange(body, at)
    if (range) {
      const series = await database.over(body.query, range)
      refuseMore(series.reduce((sum, { points }) => sum + points.length, 0))
      return {
        resultType: 'matrix',
        result: series.map(({ labels, points }) => ({ metric: labels, values: points.map(asText) })),
      }
    }
    const samples = await database.at(body.query, at)
    refuseMore(samples.length)
    const seconds = at.getTime() / 1000
    return {
      resultType: 'vector',
      result: samples.map(({ labels, value }) => ({ metric: labels, value: asText([seconds, value]) })),
    }
  },
)

/** Prometheus writes values as text, because JSON has neither infinity nor NaN. */
const asText = ([at, value]: readonly [number, number]): [number, string] => [
  at,
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf',
]

function refuseMore(numbers: number): void {
  if (numbers > numbersMax)
    throw new GridError('metrics.invalid_query', `the query gives ${numbers} numbers; at most ${numbersMax} are read`)
}
