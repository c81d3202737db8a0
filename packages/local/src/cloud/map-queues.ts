import { deadQueueName, functionName } from '@gridgate/http/manifest-row'
import { messagesPerEventMax, queues } from '../../../../functions/internals.ts'
import { mapQueue, type QueueMappingOptions } from '../lambda/queue-mapping.ts'
import { queueArn } from './deploy.ts'

/** A queue whose messages a function gets. */
export type QueueSource = Pick<QueueMappingOptions, 'queueArn' | 'functionName' | 'batchSize'>

type Place = { prefix: string; region: string; accountId: string }

/** Each of the manifest's queues with its function, and the queue of what this could not handle with that which buries it. */
export function queueSources({ prefix, ...where }: Place): QueueSource[] {
  const source = (queue: string, handler: string): QueueSource => ({
    queueArn: queueArn(where, prefix + queue),
    functionName: functionName(prefix, `internal/${handler}`),
    batchSize: messagesPerEventMax,
  })
  return queues.flatMap(({ name, handler, buriedBy }) => [source(name, handler), source(deadQueueName(name), buriedBy)])
}

/** Gives the messages of the manifest's queues to their functions. */
export function mapQueues(options: Omit<QueueMappingOptions, keyof QueueSource> & Place): { stop(): Promise<void> } {
  const mappings = queueSources(options).map((source) => mapQueue({ ...options, ...source }))
  return {
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()))
    },
  }
}
