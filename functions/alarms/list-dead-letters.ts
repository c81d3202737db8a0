import { DeadAlarm } from '@gridgate/core/alarm/dead-alarm'
import { listDeadAlarms } from '@gridgate/core/alarm/dead-letters'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /alarms/dead-letters: alarms that could not be handled, newest first. They may be about any cluster. */
export const getDeadAlarms = endpoint(
  get('/alarms/dead-letters', {
    summary: 'List alarms that could not be handled',
    access: 'network-admin',
    query: PageRequest,
    returns: z.array(DeadAlarm),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'deadAlarms'>, { query }) => {
    const { items, nextCursor } = await listDeadAlarms(ports, query)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getDeadAlarms)
