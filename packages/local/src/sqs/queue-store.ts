import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, rowOf, rowsOf } from '../aws/database.ts'
import type { Attributes } from './queue-attributes.ts'

/** A queue as stored. Times are milliseconds since 1970. */
export interface Queue {
  name: string
  attributes: Attributes
  createdAt: number
  modifiedAt: number
}

/**
 * A message is waiting when `visible_at` has come, in flight when it has a receipt and `visible_at` has not come, and
 * delayed when it has none and `visible_at` has not come. `sequence` is the order of arrival.
 */
const schema = `
CREATE TABLE IF NOT EXISTS queues(
  name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL,
  created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS messages(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  attributes TEXT NOT NULL, trace TEXT, group_id TEXT, deduplication_id TEXT, sent_at INTEGER NOT NULL,
  visible_at INTEGER NOT NULL, receipt TEXT, receive_count INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER, first_received_at INTEGER, source_arn TEXT);
CREATE INDEX IF NOT EXISTS messages_by_order ON messages(queue, sequence);
CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages(queue, visible_at, sequence);
CREATE INDEX IF NOT EXISTS messages_by_group ON messages(queue, group_id, visible_at);
CREATE INDEX IF NOT EXISTS messages_by_age ON messages(queue, sent_at);
CREATE TABLE IF NOT EXISTS deduplications(
  queue TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, message_id TEXT NOT NULL,
  sequence INTEGER NOT NULL, PRIMARY KEY(queue, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moves(
  handle TEXT PRIMARY KEY, source_arn TEXT NOT NULL, destination_arn TEXT,
  moved INTEGER NOT NULL, total INTEGER NOT NULL, started_at INTEGER NOT NULL);
`

interface QueueRow {
  name: string
  attributes: string
  created_at: number
  modified_at: number
}

/** Queues and their tags in the service's store. */
export interface QueueStore {
  readonly db: DatabaseSync
  find(name: string): Queue | undefined
  all(): Queue[]
  insert(name: string, attributes: Attributes, tags: Record<string, string>, now: number): void
  setAttributes(name: string, attributes: Attributes, now: number): void
  /** Removes the queue with all its messages. */
  remove(name: string): void
  tags(name: string): Record<string, string>
  setTags(name: string, tags: Record<string, string>): void
}

/** Opens the store of all queues. */
export function openQueueStore(file: string): QueueStore {
  const db = openDatabase(file, schema)
  const select = db.prepare('SELECT name, attributes, created_at, modified_at FROM queues WHERE name=?')
  const selectAll = db.prepare('SELECT name, attributes, created_at, modified_at FROM queues ORDER BY name')
  const insert = db.prepare('INSERT INTO queues VALUES(?,?,?,?,?)')
  const update = db.prepare('UPDATE queues SET attributes=?, modified_at=? WHERE name=?')
  const selectTags = db.prepare('SELECT tags FROM queues WHERE name=?')
  const updateTags = db.prepare('UPDATE queues SET tags=? WHERE name=?')
  const queueOf = (row: QueueRow): Queue => ({
    name: row.name,
    attributes: JSON.parse(row.attributes) as Attributes,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  })
  return {
    db,
    find(name) {
      const row = rowOf<QueueRow>(select, name)
      return row && queueOf(row)
    },
    all: () => rowsOf<QueueRow>(selectAll).map(queueOf),
    insert(name, attributes, tags, now) {
      insert.run(name, JSON.stringify(attributes), JSON.stringify(tags), now, now)
    },
    setAttributes(name, attributes, now) {
      update.run(JSON.stringify(attributes), now, name)
    },
    remove(name) {
      for (const table of ['messages', 'deduplications']) db.prepare(`DELETE FROM ${table} WHERE queue=?`).run(name)
      db.prepare('DELETE FROM queues WHERE name=?').run(name)
    },
    tags: (name) => JSON.parse(rowOf<{ tags: string }>(selectTags, name)?.tags ?? '{}') as Record<string, string>,
    setTags(name, tags) {
      updateTags.run(JSON.stringify(tags), name)
    },
  }
}
