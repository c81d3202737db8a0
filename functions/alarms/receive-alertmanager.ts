import { parseAlertmanager } from '@gridgate/core/alarm/parse-alertmanager'
import { Taken, takeAlarms } from '@gridgate/core/alarm/take-alarms'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /alarms/alertmanager: takes alerts as Alertmanager's webhook receiver sends them. */
export const receiveAlertmanager = endpoint(
  post('/alarms/alertmanager', {
    operation: 'alarms/receive-alertmanager',
    summary: 'Take alerts from Alertmanager',
    access: 'service',
    body: z.json().describe("Alertmanager's webhook, version 4"),
    returns: Taken,
    status: 202,
    errors: ['alarm.invalid', 'alarm.rate_limited'],
  }),
  (ports: Needs<'alarms' | 'alarmQueue' | 'clock' | 'log'>, { body, caller }) =>
    takeAlarms(ports, parseAlertmanager(body), caller),
)

export const handler = lambda(receiveAlertmanager)
