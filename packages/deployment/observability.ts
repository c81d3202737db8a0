/// <reference path="../../.sst/platform/config.d.ts" />
import { queues, rulesFor } from '../../functions/internals.ts'
import { workflows } from '../../workflows/manifest.ts'
import type { CreatedApi } from './api.ts'
import { auditLost, auditNamespace, type CreatedFunction, type Workshop } from './functions.ts'
import { logicalName } from './names.ts'
import type { CreatedQueue } from './queues.ts'
import { arnOf } from './roles.ts'

/** One alarm looks at so many metrics at most ("CloudWatch quotas"); each costs $0.10 a month. */
const metricsOfAlarmMax = 10

/** Longest that a tenth of a percent of calls may take, in ms: the longest that a caller can ask to wait, and a bit. */
const slowMsMax = 27_000

/** Failed calls of the API in five minutes that nobody need get up for. */
const failedCallsMax = 5

/** Share of the policy function's instances in use from which callers are soon refused. */
const busyShareMax = 0.8

/** A metric of AWS by its name there. */
interface Metric {
  namespace: string
  metricName: string
  dimensions?: Record<string, $util.Input<string>>
  stat: string
}

interface Watch {
  name: string
  says: string
  /** What is added up, in one number for each five minutes. */
  metrics: Metric[]
  above: number
  /** Five minutes after one another that it must hold. */
  periods?: number
}

export interface Watched {
  api: CreatedApi
  queues: readonly CreatedQueue[]
  internal: ReadonlyMap<string, CreatedFunction>
  policy: CreatedFunction
}

/**
 * What the deployment tells its operators about itself: few alarms, each of something that nobody would see otherwise. Functions
 * behind the API and the workflows have none of their own: their errors are failed calls and failed workflows.
 */
export function createAlarms(workshop: Workshop, topicArn: $util.Input<string>, watched: Watched): void {
  const watches = [
    ...watched.queues.map(deadLetters),
    ...workflows.map(({ name }) => failedWorkflow(workshop, name)),
    ...failedInternals(watched.internal),
    ...callsOfApi(watched.api),
    ...policies(workshop, watched.policy),
    lostEntries(workshop),
    throttledFunctions,
  ]
  for (const watch of watches) createAlarm(workshop, topicArn, watch)
}

/** Dead letters are buried within seconds, so that one sees how many were taken as well as how many wait. */
const deadLetters = ({ name, dead }: CreatedQueue): Watch => ({
  name: `${name}-dead`,
  says: `messages of the queue ${name} could not be handled: GET /alarms/dead-letters, and the log of its function`,
  metrics: [
    sum('AWS/SQS', 'NumberOfMessagesReceived', { QueueName: dead.name }),
    { ...sum('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: dead.name }), stat: 'Maximum' },
  ],
  above: 0,
})

const failedWorkflow = ({ site, stage }: Workshop, name: string): Watch => ({
  name: `${name}-failed`,
  says: `an execution of ${name} failed, ran out of time or was throttled: GET /tasks says which, and what is left behind`,
  metrics: ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionThrottled'].map((metric) =>
    sum('AWS/States', metric, { StateMachineArn: arnOf(site, 'states', `stateMachine:${stage.prefix}${name}`) }),
  ),
  above: 0,
})

/** Nobody waits for what queues, events and schedules call, so nobody would notice. */
function failedInternals(internal: Watched['internal']): Watch[] {
  const called = [
    ...queues.flatMap(({ handler, buriedBy }) => [handler, buriedBy]),
    ...rulesFor([]).flatMap(({ target }) => ('handler' in target ? [target.handler] : [])),
  ].map((name) => `internal-${name}`)
  const functions = [...internal].filter(([name]) => called.includes(name)).map(([, created]) => created)
  const groups = Array.from({ length: Math.ceil(functions.length / metricsOfAlarmMax) }, (_, index) =>
    functions.slice(index * metricsOfAlarmMax, (index + 1) * metricsOfAlarmMax),
  )
  return groups.map((group, index) => ({
    name: index === 0 ? 'internal-errors' : `internal-errors-${index + 1}`,
    says: 'functions that events, queues and schedules call have failed: their logs say how',
    metrics: group.map(({ name }) => sum('AWS/Lambda', 'Errors', { FunctionName: name })),
    above: 0,
    periods: 2,
  }))
}

const callsOfApi = ({ id }: CreatedApi): Watch[] => [
  {
    name: 'api-failed',
    says: 'calls of the API were answered 5xx',
    metrics: [sum('AWS/ApiGateway', '5xx', { ApiId: id })],
    above: failedCallsMax,
  },
  {
    name: 'api-slow',
    says: 'the slowest hundredth of calls is near the time at which API Gateway gives up',
    metrics: [{ namespace: 'AWS/ApiGateway', metricName: 'Latency', dimensions: { ApiId: id }, stat: 'p99' }],
    above: slowMsMax,
    periods: 3,
  },
]

const policies = ({ stage }: Workshop, { name }: CreatedFunction): Watch[] => [
  {
    name: 'policies-busy',
    says: 'nearly as many policies run at once as may; further ones will be refused (GRIDGATE_POLICY_RUNS)',
    metrics: [{ ...sum('AWS/Lambda', 'ConcurrentExecutions', { FunctionName: name }), stat: 'Maximum' }],
    above: Math.floor(stage.policyRunsAtOnce * busyShareMax),
    periods: 3,
  },
]

/** The whole entry is in the line, so that what was done can still be told. */
const lostEntries = ({ stage }: Workshop): Watch => ({
  name: 'audit-lost',
  says: 'entries of the audit log could not be kept: the lines "audit.lost" of the functions\' logs hold them whole',
  metrics: [sum(auditNamespace(stage), auditLost)],
  above: 0,
})

/** Of all functions of the account in this region: one metric instead of one for each. */
const throttledFunctions: Watch = {
  name: 'functions-throttled',
  says: 'functions were refused an instance: the account has reached its number of concurrent executions',
  metrics: [sum('AWS/Lambda', 'Throttles')],
  above: 0,
}

function sum(namespace: string, metricName: string, dimensions?: Metric['dimensions']): Metric {
  return { namespace, metricName, stat: 'Sum', ...(dimensions === undefined ? {} : { dimensions }) }
}

const periodSeconds = 300

function createAlarm(
  { stage }: Workshop,
  topicArn: $util.Input<string>,
  { name, says, metrics, above, periods = 1 }: Watch,
): void {
  const queries = metrics.map((metric, index) => ({
    id: `m${index + 1}`,
    metric: { ...metric, period: periodSeconds },
  }))
  const [only] = queries
  new aws.cloudwatch.MetricAlarm(`${logicalName(name)}Alarm`, {
    ...{ name: stage.prefix + name, alarmDescription: says, alarmActions: [topicArn], okActions: [topicArn] },
    ...{ comparisonOperator: 'GreaterThanThreshold', threshold: above, evaluationPeriods: periods },
    treatMissingData: 'notBreaching',
    metricQueries:
      queries.length === 1 && only
        ? [{ ...only, returnData: true }]
        : [
            {
              id: 'all',
              expression: queries.map(({ id }) => `FILL(${id}, 0)`).join(' + '),
              label: name,
              returnData: true,
            },
            ...queries,
          ],
  })
}
