import type { DatabaseSync } from 'node:sqlite'
import { rowOf, rowsOf } from '../aws/database.ts'

/** A message as stored. */
export interface MessageRow {
  sequence: number
  id: string
  body: string
  attributes: string
  trace: string | null
  group_id: string | null
  deduplication_id: string | null
  sent_at: number
  receive_count: number
  first_received_at: number | null
  source_arn: string | null
}

/** The statements by which messages are taken; times are milliseconds since 1970. */
export interface WaitingMessages {
  /** The earliest messages that may be received now; `inOrder` keeps the order within each group. */
  earliest(queue: string, now: number, count: number, inOrder: boolean): MessageRow[]
  /** Hides a message until a time, under a new receipt. */
  lend(sequence: number, receipt: string, now: number, until: number): void
  /** Puts a message into another queue, with the ARN of the one it was in. */
  move(sequence: number, queue: string, sourceArn: string): void
  inFlight(queue: string, now: number): number
  /** Removes the messages sent before a time. */
  expire(queue: string, sentBefore: number): void
  /** When the next message that is now hidden shows itself. */
  nextVisibleAt(queue: string, now: number): number | undefined
}

// A group gives nothing while one of its messages is in flight, and nothing before an earlier one that is delayed.
const inOrderSql = `
SELECT * FROM messages AS m INDEXED BY messages_by_order WHERE queue=? AND visible_at<=? AND NOT EXISTS(
  SELECT 1 FROM messages AS other WHERE other.queue=m.queue AND other.group_id=m.group_id AND other.visible_at>?
  AND (other.receipt IS NOT NULL OR other.sequence<m.sequence)) ORDER BY sequence LIMIT ?`

/** Prepares the statements. */
export function waitingMessages(db: DatabaseSync): WaitingMessages {
  const earliest = db.prepare(
    'SELECT * FROM messages INDEXED BY messages_by_order WHERE queue=? AND visible_at<=? ORDER BY sequence LIMIT ?',
  )
  const earliestInOrder = db.prepare(inOrderSql)
  const lend = db.prepare(
    `UPDATE messages SET receipt=?, visible_at=?, receive_count=receive_count+1, received_at=?,
       first_received_at=coalesce(first_received_at, ?) WHERE sequence=?`,
  )
  const move = db.prepare('UPDATE messages SET queue=?, visible_at=0, receipt=NULL, source_arn=? WHERE sequence=?')
  const inFlight = db.prepare(
    'SELECT count(*) AS n FROM messages WHERE queue=? AND visible_at>? AND receipt IS NOT NULL',
  )
  const expire = db.prepare('DELETE FROM messages WHERE queue=? AND sent_at<?')
  const next = db.prepare('SELECT min(visible_at) AS at FROM messages WHERE queue=? AND visible_at>?')
  return {
    earliest: (queue, now, count, inOrder) =>
      inOrder ? rowsOf(earliestInOrder, queue, now, now, count) : rowsOf(earliest, queue, now, count),
    lend: (sequence, receipt, now, until) => void lend.run(receipt, until, now, now, sequence),
    move: (sequence, queue, sourceArn) => void move.run(queue, sourceArn, sequence),
    inFlight: (queue, now) => rowOf<{ n: number }>(inFlight, queue, now)?.n ?? 0,
    expire: (queue, sentBefore) => void expire.run(queue, sentBefore),
    nextVisibleAt: (queue, now) => rowOf<{ at: number | null }>(next, queue, now)?.at ?? undefined,
  }
}
