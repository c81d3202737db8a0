import { InvokeCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda'
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { AwsError, type Json, type JsonObject } from '../aws/service.ts'
import type { Integrations } from '../step-functions/integrations.ts'

/** What a state machine calls, by the SDK's clients, so that each service may be the embedded one or another. */
export const integrations = (lambda: LambdaClient, sqs: SQSClient): Integrations => ({
  async invokeFunction(name, payload, signal) {
    try {
      const reply = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload) }), {
        abortSignal: signal,
      })
      const result = JSON.parse(Buffer.from(reply.Payload ?? new Uint8Array()).toString('utf8') || 'null') as Json
      return reply.FunctionError ? { functionError: result as never } : { payload: result }
    } catch (error) {
      if (error instanceof ResourceNotFoundException)
        throw new AwsError('ResourceNotFoundException', error.message, { status: 404 })
      throw error
    }
  },
  async sendMessage(message: JsonObject) {
    const reply = await sqs.send(new SendMessageCommand(message as never))
    return { MD5OfMessageBody: reply.MD5OfMessageBody ?? '', MessageId: reply.MessageId ?? '' }
  },
})
