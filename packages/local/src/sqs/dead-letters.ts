import { randomUUID } from 'node:crypto'
import { rowsOf, transaction } from '../aws/database.ts'
import { inputOf } from '../aws/input.ts'
import { AwsError, type JsonObject } from '../aws/service.ts'
import { invalidValue, unsupported } from './errors.ts'
import { parseRedrivePolicy } from './queue-attributes.ts'
import { type QueueParts, queueOf } from './queue-operations.ts'
import type { Queue } from './queue-store.ts'
import { sqsCodes } from './send-message.ts'

const movesShownMax = 10
const sourcesPerPageMax = 1000

interface MoveRow {
  source_arn: string
  destination_arn: string | null
  moved: number
  total: number
  started_at: number
}

/** Operations on dead-letter queues (SQS API). A move is done when its start is answered. */
export function deadLetterOperations(parts: QueueParts): Record<string, (request: JsonObject) => JsonObject> {
  const { store, names } = parts
  return {
    ListDeadLetterSourceQueues(request) {
      const sources = sourcesOf(parts, queueOf(parts, request))
      return { queueUrls: sources.slice(0, sourcesPerPageMax).map(({ name }) => names.urlOf(name)) }
    },
    StartMessageMoveTask: (request) => startMove(parts, request),
    ListMessageMoveTasks(request) {
      const input = inputOf(request, sqsCodes)
      const limit = input.integer('MaxResults', 1, movesShownMax) ?? 1
      const select = store.db.prepare(
        'SELECT * FROM moves WHERE source_arn=? ORDER BY started_at DESC, rowid DESC LIMIT ?',
      )
      return { Results: rowsOf<MoveRow>(select, input.text('SourceArn'), limit).map(shownMove) }
    },
    CancelMessageMoveTask() {
      throw notFound('There is no active message movement task with this handle.')
    },
  }
}

const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, { status: 404 })

const sourcesOf = ({ store, names }: QueueParts, deadLetterQueue: Queue): Queue[] =>
  store.all().filter(({ attributes }) => {
    const text = attributes.RedrivePolicy
    return text !== undefined && parseRedrivePolicy(text).deadLetterTargetArn === names.arnOf(deadLetterQueue.name)
  })

function startMove(parts: QueueParts, request: JsonObject): JsonObject {
  const { store, names, now, wake } = parts
  const input = inputOf(request, sqsCodes)
  if (input.integer('MaxNumberOfMessagesPerSecond', 1, 500)) throw unsupported('MaxNumberOfMessagesPerSecond')
  const sourceArn = input.text('SourceArn')
  const source = store.find(names.nameOfArn(sourceArn))
  if (!source) throw notFound('The resource that you specified for the SourceArn parameter does not exist.')
  if (sourcesOf(parts, source).length === 0)
    throw invalidValue(sourceArn, 'SourceArn', 'Source queue must be configured as a Dead Letter Queue.')
  const destinationArn = input.optionalText('DestinationArn')
  if (destinationArn && !store.find(names.nameOfArn(destinationArn)))
    throw notFound('The resource that you specified for the DestinationArn parameter does not exist.')

  const select = store.db.prepare(
    'SELECT sequence, source_arn FROM messages WHERE queue=? AND visible_at<=? ORDER BY sequence',
  )
  // A moved message is a new one: new id, new time, no receives (SQS Developer Guide, dead-letter queue redrive).
  const copy = store.db.prepare(
    `INSERT INTO messages(queue, id, body, attributes, trace, group_id, deduplication_id, sent_at, visible_at)
     SELECT ?, ?, body, attributes, trace, group_id, deduplication_id, ?, ? FROM messages WHERE sequence=?`,
  )
  const remove = store.db.prepare('DELETE FROM messages WHERE sequence=?')
  const forgetMoves = store.db.prepare(
    `DELETE FROM moves WHERE source_arn=? AND rowid NOT IN
       (SELECT rowid FROM moves WHERE source_arn=? ORDER BY started_at DESC, rowid DESC LIMIT ?)`,
  )
  return transaction(store.db, () => {
    const at = now()
    const messages = rowsOf<{ sequence: number; source_arn: string | null }>(select, source.name, at)
    let moved = 0
    for (const message of messages) {
      const target = names.nameOfArn(destinationArn ?? message.source_arn ?? '')
      if (!store.find(target)) continue
      copy.run(target, randomUUID(), at, at, message.sequence)
      remove.run(message.sequence)
      wake(target)
      moved += 1
    }
    const handle = randomUUID()
    const insert = store.db.prepare('INSERT INTO moves VALUES(?,?,?,?,?,?)')
    insert.run(handle, sourceArn, destinationArn ?? null, moved, messages.length, at)
    forgetMoves.run(sourceArn, sourceArn, movesShownMax)
    return { TaskHandle: handle }
  })
}

function shownMove(row: MoveRow): JsonObject {
  const isComplete = row.moved === row.total
  return {
    Status: isComplete ? 'COMPLETED' : 'FAILED',
    SourceArn: row.source_arn,
    ...(row.destination_arn ? { DestinationArn: row.destination_arn } : {}),
    ApproximateNumberOfMessagesMoved: row.moved,
    ApproximateNumberOfMessagesToMove: row.total,
    ...(isComplete ? {} : { FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' }),
    StartedTimestamp: row.started_at,
  }
}
