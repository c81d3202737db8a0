import { replayDeadAlarm } from '@gridgate/core/alarm/dead-letters'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /alarms/dead-letters/{id}/replay: queues an alarm anew that could not be handled. */
export const replayAlarm = endpoint(
  post('/alarms/dead-letters/{id}/replay', {
    operation: 'alarms/replay-dead-letter',
    summary: 'Try an alarm again that could not be handled',
    access: 'network-admin',
    params: z.object({ id: z.string().max(100) }),
    returns: z.object({ message: z.string(), id: z.string(), event_id: z.string().nullable() }),
    status: 202,
    errors: ['alarm.dead_letter_not_found'],
  }),
  (ports: Needs<'deadAlarms' | 'alarmQueue' | 'log'>, { params }) => replayDeadAlarm(ports, params.id),
)

export const handler = lambda(replayAlarm)
