import { deadQueueName, functionName } from '@gridgate/http/manifest-row'
import { messagesPerEventMax, queues } from '../../../../functions/internals.ts'
import { mapQueue, type QueueMappingOptions } from '../lambda/queue-mapping.ts'
import { queueArn } from './deploy.ts'

type Options = Omit<QueueMappingOptions, 'queueArn' | 'functionName' | 'batchSize'> & {
  prefix: string
  accountId: string
}

/** Gives the messages of the manifest's queues to their functions, and what these could not handle to those that bury it. */
export function mapQueues({ prefix, accountId, ...common }: Options): { stop(): Promise<void> } {
  const map = (queue: string, handler: string): { stop(): Promise<void> } =>
    mapQueue({
      ...common,
      queueArn: queueArn({ region: common.region, accountId }, prefix + queue),
      functionName: functionName(prefix, `internal/${handler}`),
      batchSize: messagesPerEventMax,
    })
  const mappings = queues.flatMap(({ name, handler, buriedBy }) => [
    map(name, handler),
    map(deadQueueName(name), buriedBy),
  ])
  return {
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()))
    },
  }
}
