import { ApiKey } from '@gridgate/core/auth/api-key'
import { listKeys } from '@gridgate/core/auth/list-keys'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /keys: which API keys there are, by id, never the keys themselves. Expired ones are listed for 30 more days. */
export const getKeys = endpoint(
  get('/keys', {
    summary: 'List API keys',
    access: 'network-admin',
    query: PageRequest,
    returns: z.array(ApiKey),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'keys'>, { query }) => {
    const { items, nextCursor } = await listKeys(ports, query)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getKeys)
