import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { AlarmQueue } from '@gridgate/core/alarm/alarm-queue'
import { GridError } from '@gridgate/core/errors'

/** How long a queue may take to accept a message, in ms: whoever sends has somebody waiting. */
const sendMsMax = 5_000

/** A queue by its name; its address is asked for once, because nobody may put one together. */
export function sqsQueue(client: Pick<SQSClient, 'send'>, name: string): AlarmQueue {
  let url: Promise<string | undefined> | undefined
  const findUrl = async (): Promise<string | undefined> => {
    const command = new GetQueueUrlCommand({ QueueName: name })
    const options = { abortSignal: AbortSignal.timeout(sendMsMax) }
    return ((await client.send(command, options)) as { QueueUrl?: string }).QueueUrl
  }
  return {
    async send(message) {
      try {
        url ??= findUrl()
        const command = new SendMessageCommand({ QueueUrl: await url, MessageBody: message })
        await client.send(command, { abortSignal: AbortSignal.timeout(sendMsMax) })
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
