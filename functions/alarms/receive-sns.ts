import { Taken } from '@gridgate/core/alarm/take-alarms'
import { takeSns } from '@gridgate/core/alarm/take-sns'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /alarms/sns: takes CloudWatch's alarms from SNS; the message's own signature tells who sent it. */
export const receiveSns = endpoint(
  post('/alarms/sns', {
    operation: 'alarms/receive-sns',
    summary: 'Take an alarm from SNS, or confirm a subscription',
    access: 'anyone',
    body: z.json().describe('What SNS posts, signed by it'),
    anyMediaType: true,
    returns: z.union([Taken, z.object({ event_id: z.null(), message: z.string() })]),
    status: 202,
    errors: ['alarm.invalid', 'alarm.refused', 'alarm.rate_limited', 'auth.invalid', 'remote.unreachable'],
  }),
  (ports: Needs<'alarms' | 'alarmQueue' | 'alarmTrust' | 'clock' | 'log'>, { body }) => takeSns(ports, body),
)

export const handler = lambda(receiveSns)
