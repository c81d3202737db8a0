import type { MetricsPorts } from '../metrics/ask-reader.ts'
import type { MetricsResult } from '../metrics/metrics-query.ts'
import { queryMetrics } from '../metrics/query-metrics.ts'
import type { Needs } from '../ports.ts'
import type { Progress } from './decide-alarm.ts'
import type { FailoverRule } from './failover-rule.ts'

/** Moments of the rule's time that are looked at, and the shortest time between two of them, in seconds. */
const pointsMax = 60
const stepSecondsMin = 5

/** Whether work went on in the time that the rule names; `unknown` where its cluster cannot be asked. */
export async function askProgress(ports: MetricsPorts & Needs<'log'>, rule: FailoverRule): Promise<Progress> {
  if (!rule.veto) return 'none'
  const { promql, for_seconds: seconds } = rule.veto
  const step = Math.min(seconds, Math.max(stepSecondsMin, Math.ceil(seconds / pointsMax)))
  try {
    const query = { query: promql, range: `${seconds}s`, step: `${step}s` }
    return isAboveZero(await queryMetrics(ports, rule.cluster_id, query)) ? 'some' : 'none'
  } catch (error) {
    ports.log.warn('veto.unasked', { rule: rule.name, clusterId: rule.cluster_id, error })
    return 'unknown'
  }
}

/** A series that is not there shows no progress: that of a job that died is gone. */
const isAboveZero = (answer: MetricsResult): boolean =>
  answer.resultType === 'vector'
    ? answer.result.some(({ value }) => Number(value[1]) > 0)
    : answer.result.some(({ values }) => values.some(([, value]) => Number(value) > 0))
