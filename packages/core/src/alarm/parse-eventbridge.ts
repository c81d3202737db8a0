import { z } from 'zod'
import { type AlarmEvent, AlarmLabels, toAlarmEvent } from './alarm-event.ts'
import {
  alarmArn,
  CloudWatchArn,
  CloudWatchName,
  CloudWatchState,
  cloudWatchIdentity,
  metricsMax,
  placeOf,
  unitedDimensions,
} from './cloudwatch.ts'
import { parseAlarm } from './parse-alarm.ts'
import { StateTime } from './state-time.ts'

const State = z.looseObject({
  value: CloudWatchState,
  reason: z.string().max(4096).nullish(),
  timestamp: StateTime,
  /** Of a composite alarm whose suppressor alarm is on. */
  actionsSuppressedBy: z.string().max(100).nullish(),
})

/** A metric, or an expression over others that has no dimensions of its own. */
const Metric = z.looseObject({
  metricStat: z.looseObject({ metric: z.looseObject({ dimensions: AlarmLabels.nullish() }) }).nullish(),
})

/** "CloudWatch Alarm State Change", and the same of one series of an alarm over many (spec/failover.md §17). */
const StateChange = z.looseObject({
  'detail-type': z.enum(['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change']),
  source: z.literal('aws.cloudwatch'),
  account: z.string().regex(/^\d{12}$/, 'must be an account id of 12 digits'),
  region: z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be the name of a region'),
  resources: z.array(CloudWatchArn).max(10).nullish(),
  detail: z.looseObject({
    alarmName: CloudWatchName,
    state: State,
    previousState: z.looseObject({ value: CloudWatchState }).nullish(),
    alarmContributor: z.looseObject({ id: z.string().min(1).max(1024), attributes: AlarmLabels }).nullish(),
    configuration: z.looseObject({ metrics: z.array(Metric).max(metricsMax).nullish() }).nullish(),
    muteDetail: z.looseObject({}).nullish(),
  }),
})

/** The change of an alarm that EventBridge tells of. @throws {GridError} `alarm.invalid` */
export function parseEventBridge(body: unknown): AlarmEvent[] {
  const { account, region, resources, detail } = parseAlarm(StateChange, body)
  const { alarmName, state, previousState, alarmContributor: contributor, configuration, muteDetail } = detail
  const arn = resources?.find((one) => placeOf(one)) ?? alarmArn({ partition: 'aws', region, account }, alarmName)
  const dimensions = configuration?.metrics?.map(({ metricStat }) => metricStat?.metric.dimensions ?? {}) ?? []
  return [
    toAlarmEvent(
      {
        identity: cloudWatchIdentity(arn, contributor?.id ?? null),
        source: 'eventbridge',
        alarm_name: alarmName,
        state: state.value,
        previous: previousState?.value ?? null,
        state_at: state.timestamp,
        region,
        account,
        labels: { ...unitedDimensions(dimensions), ...contributor?.attributes },
        title: state.reason ?? null,
        is_muted: muteDetail != null || state.actionsSuppressedBy != null,
      },
      body,
    ),
  ]
}
