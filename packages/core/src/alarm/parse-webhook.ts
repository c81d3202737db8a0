import { z } from 'zod'
import { type AlarmEvent, AlarmLabels, AlarmName, AlarmState, inOrder, toAlarmEvent } from './alarm-event.ts'
import { parseAlarm } from './parse-alarm.ts'
import { StateTime } from './state-time.ts'

/** `firing` and `resolved` are what many monitors call the two. */
const State = z
  .string()
  .max(32)
  .transform((text) => synonyms[text.toLowerCase()] ?? text.toLowerCase())
  .pipe(AlarmState)

const synonyms: Readonly<Record<string, AlarmState>> = { firing: 'alarm', resolved: 'ok' }

/** An alarm of whatever monitors, in our own words. */
const Alarm = z.looseObject({
  alarm_name: AlarmName,
  state: State,
  previous: State.nullish(),
  state_at: StateTime,
  labels: AlarmLabels.default({}),
  title: z.string().max(4096).nullish(),
  region: z.string().max(64).nullish(),
  account: z.string().max(64).nullish(),
  /** What tells this alarm from others; its name and labels, unless given. */
  fingerprint: z.string().min(1).max(256).optional(),
})

/** The shape that Standard Webhooks recommends around what is sent. */
const Wrapped = z.looseObject({ timestamp: z.unknown().optional(), data: z.looseObject({}) })

/** The change of an alarm that a webhook tells of, bare or as `data` of a Standard Webhooks payload. @throws {GridError} `alarm.invalid` */
export function parseWebhook(body: unknown): AlarmEvent[] {
  const alarm = parseAlarm(Alarm, unwrapped(body))
  const { alarm_name, labels, region = null, account = null, fingerprint } = alarm
  return [
    toAlarmEvent(
      {
        identity: ['webhook', fingerprint ?? [alarm_name, inOrder(labels)], region, account],
        source: 'webhook',
        alarm_name,
        state: alarm.state,
        previous: alarm.previous ?? null,
        state_at: alarm.state_at,
        region,
        account,
        labels,
        title: alarm.title ?? null,
        is_muted: false,
      },
      body,
    ),
  ]
}

function unwrapped(body: unknown): unknown {
  const wrapped = Wrapped.safeParse(body)
  if (!wrapped.success) return body
  const { timestamp, data } = wrapped.data
  return { ...(timestamp === undefined ? {} : { state_at: timestamp }), ...data }
}
