/** One change that somebody made, with digests of before and after instead of the texts. */
export interface AuditEntry {
  at: string
  callerId: string
  operation: string
  subject: string
  beforeSha256: string | null
  afterSha256: string | null
  requestId: string | null
}

/** Port: the audit log; entries are only ever added. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>
}
