import { readAlarm } from '@gridgate/core/alarm/list-alarms'
import { StoredAlarm } from '@gridgate/core/alarm/stored-alarm'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /alarms/events/{event_id}: one alarm that came in, and what each rule made of it. */
export const getAlarm = endpoint(
  get('/alarms/events/{event_id}', {
    summary: 'Read an alarm that came in',
    access: 'viewer',
    params: z.object({ event_id: z.string().max(100) }),
    returns: StoredAlarm.omit({ version: true }),
    errors: ['alarm.not_found'],
  }),
  (ports: Needs<'alarms'>, { params, caller }) => readAlarm(ports, params.event_id, caller),
)

export const handler = lambda(getAlarm)
