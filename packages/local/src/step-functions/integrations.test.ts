import { describe, expect, it } from 'vitest'
import { AwsError } from '../aws/service.ts'
import { parseResource, type Resource } from './definition/resource.ts'
import { type CallAnswer, callService } from './integrations.ts'

const invoke = parseResource('arn:aws:states:::lambda:invoke') as Resource
const send = parseResource('arn:aws:states:::sqs:sendMessage') as Resource

/** The answer to a call that fails with `error`. */
const answerTo = (resource: Resource, error: unknown): Promise<CallAnswer> =>
  callService(
    {
      integrations: {
        invokeFunction: () => Promise.reject(error),
        sendMessage: () => Promise.reject(error),
      },
      signal: new AbortController().signal,
      place: { region: 'eu-west-1', accountId: '000000000000' },
      startChild: () => {
        throw error
      },
    },
    {
      resource,
      parameters: '{"FunctionName":"f:7","QueueUrl":"q","MessageBody":"m"}',
      starter: 's',
      executionArn: 'e',
    },
  )

const sdkError = Object.assign(new Error('slow down'), {
  name: 'TooManyRequestsException',
  $metadata: { httpStatusCode: 429 },
})

describe('a fault of a called service', () => {
  it.each<[string, Resource, unknown, string, RegExp]>([
    [
      'of the Lambda SDK',
      invoke,
      sdkError,
      'Lambda.TooManyRequestsException',
      /^slow down \(Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; /,
    ],
    [
      'of the embedded queue',
      send,
      new AwsError('QueueDoesNotExist', 'no queue'),
      'SQS.QueueDoesNotExistException',
      /^no queue \(Service: AmazonSQS; Status Code: 400; Error Code: QueueDoesNotExist; /,
    ],
    [
      'with a namespace',
      send,
      new AwsError('com.amazonaws.sqs#OverLimit', 'full'),
      'SQS.OverLimitException',
      /Error Code: OverLimit; /,
    ],
    [
      'that is none of a service',
      invoke,
      new Error('connect ECONNREFUSED'),
      'Lambda.SdkClientException',
      /^connect ECONNREFUSED$/,
    ],
  ])('%s becomes the error of the task', async (_, resource, error, name, cause) => {
    expect(await answerTo(resource, error)).toEqual({
      kind: 'failure',
      error: name,
      cause: expect.stringMatching(cause),
    })
  })
})
