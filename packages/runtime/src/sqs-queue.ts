import type { AlarmQueue } from '@gridgate/core/alarm/alarm-queue'
import { GridError } from '@gridgate/core/errors'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { z } from 'zod'

/**
 * How SQS is called: whoever sends has somebody waiting, so it may take so many ms; and as a standard queue may deliver
 * any message twice, its readers bear one that was sent twice.
 */
const sending = { service: 'sqs', msMax: 5_000, repeatable: true } as const

const QueueUrl = z.object({ QueueUrl: z.string() })

/** A queue by its name; its address is asked for once, because nobody may put one together. */
export function sqsQueue(aws: Pick<AwsClient, 'call'>, name: string): AlarmQueue {
  let url: Promise<string> | undefined
  const findUrl = async (): Promise<string> => {
    const found = { ...sending, operation: 'GetQueueUrl', input: { QueueName: name }, reply: QueueUrl }
    return (await aws.call(found)).QueueUrl
  }
  return {
    async send(message) {
      try {
        url ??= findUrl()
        const input = { QueueUrl: await url, MessageBody: message }
        await aws.call({ ...sending, operation: 'SendMessage', input, reply: z.unknown() })
      } catch (cause) {
        url = undefined
        throw new GridError('service.unavailable', `the queue ${name} takes no messages`, {
          cause,
          retryAfterSeconds: 5,
        })
      }
    },
  }
}
