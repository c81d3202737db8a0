import { z } from 'zod'
import { invalidBody } from '../cluster/invalid-document.ts'
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

/** Largest message of SNS, in characters. */
const messageCharactersMax = 262_144

const Url = z.string().max(2048)

/** What SNS posts (spec/failover.md §17). Nothing of it is believed before its signature was checked. */
export const SnsEnvelope = z.looseObject({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(100),
  TopicArn: z.string().max(512),
  Subject: z.string().max(1000).nullish(),
  Message: z.string().max(messageCharactersMax),
  Timestamp: z.string().max(64),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(4096),
  SigningCertURL: Url,
  SubscribeURL: Url.optional(),
  Token: z.string().max(2048).optional(),
})
export type SnsEnvelope = z.infer<typeof SnsEnvelope>

/** Dimensions as a list; SNS writes `name` and `value` in small letters. */
const Dimensions = z
  .array(z.looseObject({ name: z.string().min(1).max(255), value: z.string().max(1024) }))
  .max(metricsMax)
  .transform((list): AlarmLabels => Object.fromEntries(list.map(({ name, value }) => [name, value])))

const Metric = z.looseObject({
  MetricStat: z.looseObject({ Metric: z.looseObject({ Dimensions: Dimensions.optional() }) }).optional(),
})

/** The alarm inside of `Message`. A composite one has a rule and no trigger. */
const Message = z.looseObject({
  AlarmName: CloudWatchName,
  AlarmArn: CloudWatchArn.optional(),
  AWSAccountId: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  NewStateValue: CloudWatchState,
  OldStateValue: CloudWatchState.optional(),
  NewStateReason: z.string().max(4096).nullish(),
  StateChangeTime: StateTime,
  Trigger: z
    .looseObject({ Dimensions: Dimensions.nullish(), Metrics: z.array(Metric).max(metricsMax).nullish() })
    .nullish(),
  AlarmContributorId: z.string().max(1024).nullish(),
  AlarmContributorAttributes: AlarmLabels.nullish(),
})

/** The change of an alarm that a notification tells of. @throws {GridError} `alarm.invalid` */
export function parseSns(envelope: SnsEnvelope): AlarmEvent[] {
  const json = readMessage(envelope.Message)
  const message = parseAlarm(Message, json)
  // Its `Region` is a display name, so the ARN tells.
  const place = placeOf(message.AlarmArn ?? '') ?? placeOf(envelope.TopicArn)
  if (!place) throw invalid('names no region: it has neither an AlarmArn nor a usable TopicArn')
  const account = message.AWSAccountId ?? place.account
  const arn = message.AlarmArn ?? alarmArn({ ...place, account }, message.AlarmName)
  const { Dimensions: dimensions, Metrics: metrics } = message.Trigger ?? {}
  const inMetrics = metrics?.map(({ MetricStat }) => MetricStat?.Metric.Dimensions ?? {}) ?? []
  return [
    toAlarmEvent(
      {
        identity: cloudWatchIdentity(arn, message.AlarmContributorId ?? null),
        source: 'sns',
        alarm_name: message.AlarmName,
        state: message.NewStateValue,
        previous: message.OldStateValue ?? null,
        state_at: message.StateChangeTime,
        region: place.region,
        account,
        labels: { ...unitedDimensions([dimensions ?? {}, ...inMetrics]), ...message.AlarmContributorAttributes },
        title: message.NewStateReason ?? envelope.Subject ?? null,
        is_muted: false,
      },
      json,
    ),
  ]
}

function readMessage(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('is not the JSON that CloudWatch sends')
  }
}

const invalid = (detail: string) => invalidBody([{ pointer: '/Message', detail }], 'alarm.invalid')
