import { ChainQuery, ListedChain, listChains } from '@gridgate/core/audit/read-audit'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /audit/chains: which chains the audit log has, how long each is, and the hash of its last entry. */
export const getAuditChains = endpoint(
  get('/audit/chains', {
    summary: 'List chains of the audit log',
    access: 'network-admin',
    query: ChainQuery,
    returns: z.array(ListedChain),
    errors: ['cursor.invalid', 'audit.unreadable'],
  }),
  async (ports: Needs<'audit'>, { query }) => {
    const { items, nextCursor } = await listChains(ports, query)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getAuditChains)
