import { createHash } from 'node:crypto'
import type { Needs, Ports } from '../ports.ts'
import type { AuditedChange } from './audit-entry.ts'
import { canonicalJson } from './chain.ts'

/** Most decisions and changes that one entry names; further ones are left out. */
const decisionsMax = 100
const changesMax = 20

/** A document before and after; null where it was not there, or is gone. */
export interface Change {
  subject: string
  before: unknown
  after: unknown
}

/** Port: what a request does, noted while it is done, for the one entry that it leaves in the audit log. */
export interface Trail {
  note(change: Change): void
  /** Says which cluster the request is about, where the request itself does not. */
  about(clusterId: string | null): void
}

/** What was noted of one piece of work. */
export interface TrailNotes {
  clusterId: string | null
  decisionIds: string[]
  changes: AuditedChange[]
  taskId: string | null
}

/** A trail of one's own. */
export interface OpenTrail {
  notes: TrailNotes
  /** The same ports, but that what is done through them is noted here. */
  over<P extends object>(ports: P): P & Needs<'trail'>
}

/** Opens a trail for one piece of work: decisions and tasks are noted by themselves, changes by the use cases. */
export function openTrail(): OpenTrail {
  const notes: TrailNotes = { clusterId: null, decisionIds: [], changes: [], taskId: null }
  const trail: Trail = {
    note: (change) => void (notes.changes.length < changesMax && notes.changes.push(digested(change))),
    about: (clusterId) => {
      notes.clusterId = clusterId
    },
  }
  return {
    notes,
    over: (ports) =>
      Object.create(ports, {
        trail: { value: trail },
        decisions: { get: () => noting(ports as Partial<Ports>, 'decisions', (inner) => watchDecisions(inner, notes)) },
        tasks: { get: () => noting(ports as Partial<Ports>, 'tasks', (inner) => watchTasks(inner, notes)) },
        actions: { get: () => noting(ports as Partial<Ports>, 'actions', (inner) => watchActions(inner, notes)) },
      }),
  }
}

/** A port with some of its methods in another way; undefined where the function has no such port. */
function noting<Name extends keyof Ports>(
  ports: Partial<Ports>,
  name: Name,
  watch: (inner: Ports[Name]) => Partial<Ports[Name]>,
): Ports[Name] | undefined {
  const inner = ports[name]
  return inner && Object.assign(Object.create(inner as object), watch(inner))
}

const watchDecisions = (inner: Ports['decisions'], notes: TrailNotes): Partial<Ports['decisions']> => ({
  async append(decision) {
    await inner.append(decision)
    if (notes.decisionIds.length < decisionsMax) notes.decisionIds.push(decision.id)
  },
})

const watchTasks = (inner: Ports['tasks'], notes: TrailNotes): Partial<Ports['tasks']> => ({
  async create(stored, unless) {
    await inner.create(stored, unless)
    notes.taskId = stored.task.task_id
  },
})

const watchActions = (inner: Ports['actions'], notes: TrailNotes): Partial<Ports['actions']> => ({
  async begin(action, nodes, work, before) {
    await inner.begin(action, nodes, work, before)
    notes.taskId = work?.task.task.task_id ?? notes.taskId
    // The request may leave the cluster out where there is only one.
    notes.clusterId ??= action.record.cluster_id
  },
})

const digested = ({ subject, before, after }: Change): AuditedChange => ({
  subject,
  before_sha256: digestOf(before),
  after_sha256: digestOf(after),
})

/** Over the canonical JSON: one entry's digest of after is the next one's of before. */
const digestOf = (value: unknown): string | null =>
  value === null ? null : createHash('sha256').update(canonicalJson(value)).digest('hex')
