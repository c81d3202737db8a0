import { z } from 'zod'
import type { AlarmLabels, AlarmState } from './alarm-event.ts'

/** What CloudWatch's two ways of telling have in common. */

/** Longest name of an alarm, and longest ARN, in characters (CloudWatch API, PutMetricAlarm). */
export const CloudWatchName = z.string().min(1).max(255)
export const CloudWatchArn = z.string().max(1600)

/** Most metrics and expressions of one alarm. */
export const metricsMax = 100

export const CloudWatchState = z
  .enum(['OK', 'ALARM', 'INSUFFICIENT_DATA'])
  .transform((value): AlarmState => states[value])

const states = { OK: 'ok', ALARM: 'alarm', INSUFFICIENT_DATA: 'insufficient_data' } as const

/** Where an alarm lives, by its ARN. */
export interface AlarmPlace {
  partition: string
  region: string
  account: string
}

/** `arn:aws:cloudwatch:us-east-1:123456789012:alarm:name`; null for what is no ARN of an alarm or a topic. */
export function placeOf(arn: string): AlarmPlace | null {
  const [, partition, region, account] =
    /^arn:(aws[a-z-]*):(?:cloudwatch|sns):([a-z0-9-]{1,32}):(\d{12}):/.exec(arn) ?? []
  if (partition === undefined || region === undefined || account === undefined) return null
  return { partition, region, account }
}

export const alarmArn = ({ partition, region, account }: AlarmPlace, name: string): string =>
  `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`

/** The same however the alarm comes, so that one told of twice is one. */
export const cloudWatchIdentity = (arn: string, contributor: string | null): unknown => ['cloudwatch', arn, contributor]

/** The dimensions of all metrics. One that two metrics give different values says nothing of what the alarm is about. */
export function unitedDimensions(given: readonly AlarmLabels[]): AlarmLabels {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of given.flatMap((one) => Object.entries(one)))
    values.set(name, (values.get(name) ?? new Set()).add(value))
  const agreed = [...values].flatMap(([name, [value, ...others]]) =>
    value === undefined || others.length > 0 ? [] : [[name, value]],
  )
  return Object.fromEntries(agreed)
}
