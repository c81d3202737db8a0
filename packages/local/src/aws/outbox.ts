import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { rowOf, rowsOf } from './database.ts'

/** Deliveries of one outbox under way at a time. */
const deliveriesMax = 16

/** Something that must reach its destination. Times are milliseconds since 1970. */
export interface Entry {
  id: string
  destination: string
  body: string
  /** Failed deliveries so far. */
  attempts: number
  createdAt: number
}

/** Work that survives the death of the process: it is delivered at least once, or dropped after its last attempt. */
export interface Outbox {
  /** Keeps an entry; safe within a transaction of the same store. Another entry of the same id changes nothing. */
  add(entry: { id: string; destination: string; body: string }): void
  /** Starts what is due; to be called after the commit. */
  wake(): void
  /** Ends delivery and waits for what is under way; the rest goes on when the store is opened again. */
  close(): Promise<void>
}

export interface OutboxOptions {
  db: DatabaseSync
  clock: Clock
  /** Delivers one entry; what it throws counts as a failed attempt. */
  deliver(entry: Entry): Promise<void>
  /** How long to wait after so many failed attempts, in ms; null drops the entry. */
  waitMs(entry: Entry): number | null
  dropped(entry: Entry, error: unknown): void
}

const schema = `
CREATE TABLE IF NOT EXISTS outbox(
  id TEXT PRIMARY KEY, destination TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL, due_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_by_time ON outbox(due_at);`

/** Opens the outbox of a store and goes on with what it holds. */
export function openOutbox(options: OutboxOptions): Outbox {
  const { clock } = options
  const table = outboxTable(options.db)
  const underWay = new Map<string, Promise<void>>()
  let closed = false
  let takeBack = (): void => {}

  const fail = (failed: Entry, error: unknown): void => {
    const wait = options.waitMs(failed)
    if (wait === null) {
      table.remove(failed.id)
      options.dropped(failed, error)
    } else table.postpone(failed.id, clock.now() + wait)
  }
  const deliver = async (entry: Entry): Promise<void> => {
    try {
      await options.deliver(entry)
      table.remove(entry.id)
    } catch (error) {
      // A delivery that the end of the service cuts short is no failed attempt.
      if (!closed) fail({ ...entry, attempts: entry.attempts + 1 }, error)
    }
    underWay.delete(entry.id)
    if (!closed) wake()
  }
  const wake = (): void => {
    takeBack()
    for (const entry of table.due(clock.now(), 2 * deliveriesMax)) {
      if (underWay.size >= deliveriesMax) break
      if (!underWay.has(entry.id)) underWay.set(entry.id, deliver(entry))
    }
    const at = table.nextDue(clock.now())
    takeBack = at ? clock.at(at, wake) : (): void => {}
  }

  wake()
  return {
    add: (entry) => table.add(entry, clock.now()),
    wake,
    async close() {
      closed = true
      takeBack()
      await Promise.all(underWay.values())
    },
  }
}

interface OutboxTable {
  add(entry: Pick<Entry, 'id' | 'destination' | 'body'>, now: number): void
  due(now: number, count: number): Entry[]
  nextDue(now: number): number | null
  postpone(id: string, until: number): void
  remove(id: string): void
}

function outboxTable(db: DatabaseSync): OutboxTable {
  db.exec(schema)
  const insert = db.prepare('INSERT OR IGNORE INTO outbox VALUES(?,?,?,0,?,?)')
  const due = db.prepare(
    `SELECT id, destination, body, attempts, created_at AS createdAt FROM outbox
     WHERE due_at<=? ORDER BY due_at, created_at LIMIT ?`,
  )
  const nextDue = db.prepare('SELECT min(due_at) AS at FROM outbox WHERE due_at>?')
  const remove = db.prepare('DELETE FROM outbox WHERE id=?')
  const postpone = db.prepare('UPDATE outbox SET attempts=attempts+1, due_at=? WHERE id=?')
  return {
    add: ({ id, destination, body }, now) => void insert.run(id, destination, body, now, now),
    due: (now, count) => rowsOf<Entry>(due, now, count),
    nextDue: (now) => rowOf<{ at: number | null }>(nextDue, now)?.at ?? null,
    postpone: (id, until) => void postpone.run(until, id),
    remove: (id) => void remove.run(id),
  }
}
