import { AuditEntry } from '@gridgate/core/audit/audit-entry'
import { AuditQuery, readAudit } from '@gridgate/core/audit/read-audit'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /audit: who did what, oldest first: one chain of hashes for each cluster and day, and one for the network. */
export const getAudit = endpoint(
  get('/audit', {
    summary: 'Read the audit log',
    access: 'network-admin',
    query: AuditQuery,
    returns: z.array(AuditEntry),
    errors: ['cursor.invalid', 'audit.unreadable'],
  }),
  async (ports: Needs<'audit' | 'clock'>, { query }) => {
    const { items, nextCursor } = await readAudit(ports, query)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getAudit)
