import { rowOf } from '../aws/database.ts'
import { sqsError } from './errors.ts'
import { isFifo } from './queue-attributes.ts'
import type { Queue, QueueStore } from './queue-store.ts'
import { readReceiptHandle, staleHandle } from './receipt-handle.ts'

const visibilityMsMax = 43_200_000

/** What a receiver may do with a message that it holds. */
export interface HeldMessages {
  /** Removes it. An outdated handle removes nothing and is no error on a standard queue, as in AWS. */
  remove(queue: Queue, handle: string): void
  /** Hides it for so many seconds from now; 0 gives it back. */
  setVisibility(queue: Queue, handle: string, seconds: number): void
}

/** Makes DeleteMessage and ChangeMessageVisibility. */
export function heldMessages(store: QueueStore, now: () => number): HeldMessages {
  const find = store.db.prepare(
    'SELECT visible_at, received_at FROM messages WHERE sequence=? AND queue=? AND receipt=?',
  )
  const remove = store.db.prepare('DELETE FROM messages WHERE sequence=?')
  const hide = store.db.prepare('UPDATE messages SET visible_at=? WHERE sequence=?')
  const held = (
    queue: Queue,
    handle: string,
  ): { sequence: number; visibleAt: number; receivedAt: number } | undefined => {
    const { sequence, receipt } = readReceiptHandle(handle)
    const row = rowOf<{ visible_at: number; received_at: number }>(find, sequence, queue.name, receipt)
    return row && { sequence, visibleAt: row.visible_at, receivedAt: row.received_at }
  }
  return {
    remove(queue, handle) {
      const message = held(queue, handle)
      if (!message) return
      if (isFifo(queue.attributes) && message.visibleAt <= now())
        throw staleHandle(handle, 'The receipt handle has expired.')
      remove.run(message.sequence)
    },
    setVisibility(queue, handle, seconds) {
      const message = held(queue, handle)
      if (!message)
        throw staleHandle(handle, 'Message does not exist or is not available for visibility timeout change.')
      if (message.visibleAt <= now()) throw sqsError('MessageNotInflight', 'The specified message is not in flight.')
      const until = now() + 1000 * seconds
      if (until - message.receivedAt > visibilityMsMax)
        throw sqsError(
          'InvalidParameterValue',
          'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
        )
      hide.run(until, message.sequence)
    },
  }
}
