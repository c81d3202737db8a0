import { z } from 'zod'
import { type AlarmEvent, AlarmLabels, inOrder, toAlarmEvent } from './alarm-event.ts'
import { parseAlarm } from './parse-alarm.ts'
import { StateTime } from './state-time.ts'

/** Most alerts of one message; `max_alerts` of the receiver makes Alertmanager send fewer. */
const alertsMax = 500

const common = { labels: AlarmLabels, annotations: z.record(z.string(), z.string()).optional(), startsAt: StateTime }

const Alert = z.discriminatedUnion('status', [
  // The end of one that is firing is a guess, or Go's zero time.
  z.looseObject({ status: z.literal('firing'), ...common }),
  z.looseObject({ status: z.literal('resolved'), ...common, endsAt: StateTime }),
])
type Alert = z.infer<typeof Alert>

/** Alertmanager's webhook, version 4 (Prometheus documentation, "webhook_config"). */
const Message = z.looseObject({ version: z.literal('4'), alerts: z.array(Alert).min(1).max(alertsMax) })

/** The changes that one message tells of: one for each of its alerts. @throws {GridError} `alarm.invalid` */
export const parseAlertmanager = (body: unknown): AlarmEvent[] => parseAlarm(Message, body).alerts.map(toEvent)

function toEvent(alert: Alert): AlarmEvent {
  const { labels, annotations = {} } = alert
  return toAlarmEvent(
    {
      // Alertmanager's own fingerprint is made of the labels too, and is not in every version.
      identity: ['alertmanager', inOrder(labels)],
      source: 'alertmanager',
      alarm_name: labels.alertname || 'unnamed',
      state: alert.status === 'firing' ? 'alarm' : 'ok',
      previous: null,
      state_at: alert.status === 'firing' ? alert.startsAt : alert.endsAt,
      region: labels.region ?? null,
      account: null,
      labels,
      title: annotations.summary ?? annotations.description ?? annotations.message ?? null,
      is_muted: false,
    },
    alert,
  )
}
