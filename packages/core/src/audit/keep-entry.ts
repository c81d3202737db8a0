import type { Needs } from '../ports.ts'
import type { AuditFacts } from './audit-entry.ts'
import { type OpenTrail, openTrail } from './open-trail.ts'

type KeepPorts = Needs<'audit' | 'log'>

/**
 * Adds an entry to the audit log. What was done is done, so an entry that cannot be kept is told in one line, as a whole, for
 * which the deployment has an alarm.
 * @param bound how long it may take
 */
export async function keepEntry(
  ports: KeepPorts,
  facts: AuditFacts,
  bound: (work: Promise<unknown>) => Promise<unknown> = (work) => work,
): Promise<void> {
  try {
    await bound(ports.audit.append(facts))
  } catch (error) {
    ports.log.error('audit.lost', { entry: facts, error })
  }
}

/** What the system does by itself, and which function of it does. */
export interface SystemDeed {
  by: string
  operation: string
  clusterId: string | null
  subject: string
  code?: string | null
}

/** Adds an entry about what nobody asked for, with what was noted while it was done. */
export async function keepDeed(
  ports: KeepPorts,
  { by, operation, clusterId, subject, code = null }: SystemDeed,
  { notes }: Pick<OpenTrail, 'notes'> = openTrail(),
): Promise<void> {
  await keepEntry(ports, {
    cluster_id: clusterId,
    caller_id: `system:${by}`,
    role: null,
    ...{ operation, subject, code, route: null, status: null, request_id: null },
    decision_ids: notes.decisionIds,
    changes: notes.changes,
    task_id: notes.taskId,
  })
}
