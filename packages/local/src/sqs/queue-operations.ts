import { rowOf } from '../aws/database.ts'
import { inputOf } from '../aws/input.ts'
import type { JsonObject } from '../aws/service.ts'
import { invalidValue, queueDoesNotExist, sqsError } from './errors.ts'
import {
  type Attributes,
  checkAttributes,
  isFifo,
  numberOf,
  parseRedrivePolicy,
  withDefaults,
} from './queue-attributes.ts'
import type { QueueNames } from './queue-names.ts'
import type { Queue, QueueStore } from './queue-store.ts'
import { sqsCodes } from './send-message.ts'

const queuesPerPageMax = 1000
const tagsMax = 50

/** What the operations on queues themselves need. */
export interface QueueParts {
  store: QueueStore
  names: QueueNames
  now: () => number
  /** Told the name of a queue whose messages or attributes changed. */
  wake: (queueName: string) => void
}

type Operation = (request: JsonObject) => JsonObject

/** The queue that a request names by its URL. @throws {AwsError} QueueDoesNotExist. */
export function queueOf(parts: Pick<QueueParts, 'store' | 'names'>, request: JsonObject): Queue {
  const name = parts.names.nameOfUrl(inputOf(request, sqsCodes).text('QueueUrl'))
  const queue = parts.store.find(name)
  if (!queue) throw queueDoesNotExist()
  return queue
}

/** Operations that make, find, change and remove queues (SQS API). */
export function queueOperations(parts: QueueParts): Record<string, Operation> {
  const { store, names, now, wake } = parts
  return {
    CreateQueue: (request) => createQueue(parts, request),
    GetQueueUrl(request) {
      const name = inputOf(request, sqsCodes).text('QueueName')
      if (!store.find(name)) throw queueDoesNotExist()
      return { QueueUrl: names.urlOf(name) }
    },
    ListQueues: (request) => listQueues(parts, request),
    DeleteQueue(request) {
      const queue = queueOf(parts, request)
      store.remove(queue.name)
      wake(queue.name)
      return {}
    },
    PurgeQueue(request) {
      store.db.prepare('DELETE FROM messages WHERE queue=?').run(queueOf(parts, request).name)
      return {}
    },
    GetQueueAttributes(request) {
      const asked = inputOf(request, sqsCodes).texts('AttributeNames')
      const all = shownAttributes(parts, queueOf(parts, request))
      if (asked.includes('All')) return { Attributes: all }
      const known = Object.entries(all).filter(([name]) => asked.includes(name))
      return known.length > 0 ? { Attributes: Object.fromEntries(known) } : {}
    },
    SetQueueAttributes(request) {
      const queue = queueOf(parts, request)
      const given = inputOf(request, sqsCodes).textMap('Attributes')
      checkGiven(parts, queue.name, given, isFifo(queue.attributes))
      if ((given.FifoQueue ?? queue.attributes.FifoQueue) !== queue.attributes.FifoQueue)
        throw sqsError('InvalidAttributeName', 'FifoQueue can not be changed.')
      store.setAttributes(queue.name, withoutEmpty({ ...queue.attributes, ...given }), now())
      wake(queue.name)
      return {}
    },
  }
}

/** Operations on the tags of queues (SQS API). */
export function tagOperations(parts: QueueParts): Record<string, Operation> {
  const { store } = parts
  return {
    TagQueue(request) {
      const queue = queueOf(parts, request)
      const tags = { ...store.tags(queue.name), ...inputOf(request, sqsCodes).textMap('Tags') }
      if (Object.keys(tags).length > tagsMax) throw invalidValue('Tags', 'Tags', `At most ${tagsMax} tags are allowed.`)
      store.setTags(queue.name, tags)
      return {}
    },
    UntagQueue(request) {
      const queue = queueOf(parts, request)
      const removed = inputOf(request, sqsCodes).texts('TagKeys')
      const kept = Object.entries(store.tags(queue.name)).filter(([name]) => !removed.includes(name))
      store.setTags(queue.name, Object.fromEntries(kept))
      return {}
    },
    ListQueueTags: (request) => ({ Tags: store.tags(queueOf(parts, request).name) }),
  }
}

function createQueue(parts: QueueParts, request: JsonObject): JsonObject {
  const { store, names, now } = parts
  const input = inputOf(request, sqsCodes)
  const name = input.text('QueueName')
  const given = input.textMap('Attributes')
  const fifo = isFifo(given)
  if (!/^[A-Za-z0-9_-]{1,80}(\.fifo)?$/.test(name) || name.length > 80 || name.endsWith('.fifo') !== fifo)
    throw invalidValue(
      name,
      'QueueName',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length; a FIFO queue ends in .fifo',
    )
  checkGiven(parts, name, given, fifo)

  const existing = store.find(name)
  const settled = existing && withDefaults(existing.attributes)
  const different = Object.keys(given).find((attribute) => settled && settled[attribute] !== given[attribute])
  if (different)
    throw sqsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different}`,
    )
  if (!existing) store.insert(name, withoutEmpty(given), input.textMap('tags'), now())
  return { QueueUrl: names.urlOf(name) }
}

/** Checks attributes, and that a dead-letter queue exists and keeps order as its source does. */
function checkGiven(parts: QueueParts, name: string, given: Attributes, fifo: boolean): void {
  checkAttributes(given, fifo)
  if (!given.RedrivePolicy) return
  const { deadLetterTargetArn } = parseRedrivePolicy(given.RedrivePolicy)
  const target = parts.store.find(parts.names.nameOfArn(deadLetterTargetArn))
  if (!target || target.name === name || isFifo(target.attributes) !== fifo)
    throw invalidValue(given.RedrivePolicy, 'RedrivePolicy', 'Dead letter target does not exist or is of another type.')
}

const withoutEmpty = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))

function listQueues({ store, names }: QueueParts, request: JsonObject): JsonObject {
  const input = inputOf(request, sqsCodes)
  const prefix = input.optionalText('QueueNamePrefix') ?? ''
  const asked = input.integer('MaxResults', 1, queuesPerPageMax)
  const after = input.optionalText('NextToken') ?? ''
  const found = store.all().filter(({ name }) => name.startsWith(prefix) && name > after)
  const page = found.slice(0, asked ?? queuesPerPageMax)
  const last = page.at(-1)
  return {
    QueueUrls: page.map(({ name }) => names.urlOf(name)),
    // AWS gives a token only to callers that set a page size.
    ...(asked && last && found.length > page.length ? { NextToken: last.name } : {}),
  }
}

function shownAttributes({ store, names, now }: QueueParts, queue: Queue): Attributes {
  const at = now()
  const oldest = at - 1000 * numberOf(queue.attributes, 'MessageRetentionPeriod')
  const count = (condition: string): string => {
    const query = store.db.prepare(`SELECT count(*) AS n FROM messages WHERE queue=? AND sent_at>=? AND ${condition}`)
    return String(rowOf<{ n: number }>(query, queue.name, oldest, at)?.n ?? 0)
  }
  return {
    ...withDefaults(queue.attributes),
    QueueArn: names.arnOf(queue.name),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ApproximateNumberOfMessages: count('visible_at<=?'),
    ApproximateNumberOfMessagesNotVisible: count('receipt IS NOT NULL AND visible_at>?'),
    ApproximateNumberOfMessagesDelayed: count('receipt IS NULL AND visible_at>?'),
  }
}
