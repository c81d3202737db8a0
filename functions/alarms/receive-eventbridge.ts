import { Taken } from '@gridgate/core/alarm/take-alarms'
import { takeEventBridge } from '@gridgate/core/alarm/take-eventbridge'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /alarms/eventbridge: takes CloudWatch's alarm state changes as EventBridge sends them to an API destination. */
export const receiveEventBridge = endpoint(
  post('/alarms/eventbridge', {
    operation: 'alarms/receive-eventbridge',
    summary: 'Take an alarm from EventBridge',
    access: 'service',
    body: z.json().describe('The event "CloudWatch Alarm State Change", unchanged'),
    returns: Taken,
    status: 202,
    errors: ['alarm.invalid', 'alarm.refused', 'alarm.rate_limited'],
  }),
  (ports: Needs<'alarms' | 'alarmQueue' | 'alarmTrust' | 'clock' | 'log'>, { body, caller }) =>
    takeEventBridge(ports, body, caller),
)

export const handler = lambda(receiveEventBridge)
