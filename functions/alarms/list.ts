import { AlarmQuery, listAlarms } from '@gridgate/core/alarm/list-alarms'
import { StoredAlarm } from '@gridgate/core/alarm/stored-alarm'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /alarms/events: alarms that came in and what came of them, newest first. */
export const getAlarms = endpoint(
  get('/alarms/events', {
    summary: 'List alarms that came in',
    access: 'viewer',
    query: AlarmQuery,
    returns: z.array(StoredAlarm.omit({ version: true })),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'alarms'>, { query, caller }) => {
    const { items, nextCursor } = await listAlarms(ports, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getAlarms)
