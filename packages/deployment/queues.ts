/// <reference path="../../.sst/platform/config.d.ts" />
import { deadQueueName } from '@gridgate/http/manifest-row'
import { messagesPerEventMax, queues } from '../../functions/internals.ts'
import type { CreatedFunction } from './functions.ts'
import { logicalName } from './names.ts'
import type { Stage } from './stage.ts'

/** A day, and how long a message may wait, in seconds: a dead one, whose time counts from when it was sent, the longest there is. */
const daySeconds = 86_400
const waitingSecondsMax = 4 * daySeconds
const deadSecondsMax = 14 * daySeconds

/** A queue and the one behind it. */
export interface CreatedQueue {
  name: string
  main: aws.sqs.Queue
  dead: aws.sqs.Queue
}

export function createQueues(stage: Stage): CreatedQueue[] {
  return queues.map(({ name, visibilitySeconds, receivesMax }) => {
    const logical = logicalName(name)
    const common = { visibilityTimeoutSeconds: visibilitySeconds, sqsManagedSseEnabled: true }
    const dead = new aws.sqs.Queue(`${logical}DeadQueue`, {
      ...{ name: stage.prefix + deadQueueName(name), messageRetentionSeconds: deadSecondsMax, ...common },
    })
    const main = new aws.sqs.Queue(`${logical}Queue`, {
      ...{ name: stage.prefix + name, messageRetentionSeconds: waitingSecondsMax, ...common },
      redrivePolicy: dead.arn.apply((deadLetterTargetArn) =>
        JSON.stringify({ deadLetterTargetArn, maxReceiveCount: receivesMax }),
      ),
    })
    new aws.sqs.RedriveAllowPolicy(`${logical}DeadQueueSource`, {
      queueUrl: dead.url,
      redriveAllowPolicy: main.arn.apply((arn) =>
        JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [arn] }),
      ),
    })
    return { name, main, dead }
  })
}

/** Gives the messages to the functions of the manifest, and what these could not handle to those that bury it. */
export function connectQueues(created: readonly CreatedQueue[], internal: ReadonlyMap<string, CreatedFunction>): void {
  for (const { name, main, dead } of created) {
    const row = queues.find((found) => found.name === name)
    const connect = (queue: aws.sqs.Queue, handler: string): void => {
      const taker = internal.get(`internal-${handler}`)
      if (!taker) throw new Error(`nobody takes the messages of ${name}`)
      new aws.lambda.EventSourceMapping(`${logicalName(handler)}Mapping`, {
        ...{ eventSourceArn: queue.arn, functionName: taker.arn, batchSize: messagesPerEventMax },
        functionResponseTypes: ['ReportBatchItemFailures'],
      })
    }
    if (row)
      for (const [queue, handler] of [
        [main, row.handler],
        [dead, row.buriedBy],
      ] as const)
        connect(queue, handler)
  }
}
