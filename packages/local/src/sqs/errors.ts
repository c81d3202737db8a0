import { AwsError } from '../aws/service.ts'

/** How the older query protocol names an error; clients of that time still compare with these (SQS API, "AWS JSON"). */
const queryCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
}

/** A failure of SQS, with the code of its query protocol beside it. */
export const sqsError = (code: string, message: string): AwsError =>
  new AwsError(code, message, { queryCode: queryCodes[code] ?? code })

/** No such queue. */
export const queueDoesNotExist = (): AwsError => sqsError('QueueDoesNotExist', 'The specified queue does not exist.')

/** What AWS has and the embedded cloud does not. */
export const unsupported = (what: string): AwsError =>
  sqsError('UnsupportedOperation', `${what} is not supported by the embedded cloud`)

/** A value that SQS does not take, in its wording. */
export const invalidValue = (value: string, name: string, reason: string): AwsError =>
  sqsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`)
