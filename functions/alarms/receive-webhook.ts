import { Taken } from '@gridgate/core/alarm/take-alarms'
import { takeWebhook } from '@gridgate/core/alarm/take-webhook'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /alarms/webhook: takes an alarm of whatever monitors, signed as Standard Webhooks are. */
export const receiveWebhook = endpoint(
  post('/alarms/webhook', {
    operation: 'alarms/receive-webhook',
    summary: 'Take an alarm from a signed webhook',
    access: 'anyone',
    body: z
      .json()
      .describe(
        '`{alarm_name, state, state_at, previous?, labels?, title?, region?, account?, fingerprint?}`, bare or as `data`',
      ),
    anyMediaType: true,
    returns: Taken,
    status: 202,
    errors: ['alarm.invalid', 'alarm.rate_limited', 'auth.missing', 'auth.invalid'],
  }),
  (ports: Needs<'alarms' | 'alarmQueue' | 'alarmTrust' | 'webhookSecrets' | 'clock' | 'log'>, request) =>
    takeWebhook(ports, request),
)

export const handler = lambda(receiveWebhook)
