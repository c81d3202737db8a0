import { createHash } from 'node:crypto'
import type { Caller } from '../caller.ts'
import type { Needs } from '../ports.ts'

/** Who changed what in the registry or a map; the texts themselves stay out of the log. */
export interface Change {
  operation: string
  subject: string
  caller: Caller
  requestId: string | null
  before: unknown
  after: unknown
}

/** Adds a change to the audit log, by digests. */
export async function auditChange(ports: Needs<'audit' | 'clock'>, change: Change): Promise<void> {
  await ports.audit.append({
    at: ports.clock.now().toISOString(),
    callerId: change.caller.id,
    operation: change.operation,
    subject: change.subject,
    beforeSha256: digestOf(change.before),
    afterSha256: digestOf(change.after),
    requestId: change.requestId,
  })
}

const digestOf = (value: unknown): string | null =>
  value === null ? null : createHash('sha256').update(JSON.stringify(value)).digest('hex')
