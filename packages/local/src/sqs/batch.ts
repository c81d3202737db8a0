import { inputOf } from '../aws/input.ts'
import { AwsError, type JsonObject } from '../aws/service.ts'
import { sqsError } from './errors.ts'
import { messageBytesMax } from './queue-attributes.ts'
import { sqsCodes } from './send-message.ts'

const entriesMax = 10

/**
 * Runs an operation for each entry of a batch; a failed entry does not fail the others.
 * @throws {AwsError} when the batch as a whole is not allowed (SQS API, batch actions).
 */
export function runBatch(
  request: JsonObject,
  run: (entry: JsonObject) => JsonObject,
  bytesOf?: (entry: JsonObject) => number,
): JsonObject {
  const entries = inputOf(request, sqsCodes).objects('Entries')
  checkBatch(entries, bytesOf)
  const successful: JsonObject[] = []
  const failed: JsonObject[] = []
  for (const entry of entries) {
    const id = entry.Id as string
    try {
      successful.push({ Id: id, ...run(entry) })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failed.push({ Id: id, Code: error.code, Message: error.message, SenderFault: error.status < 500 })
    }
  }
  return { Successful: successful, Failed: failed }
}

function checkBatch(entries: readonly JsonObject[], bytesOf?: (entry: JsonObject) => number): void {
  if (entries.length === 0) throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > entriesMax)
    throw sqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${entriesMax}. You have sent ${entries.length}.`,
    )
  const ids = entries.map((entry) => entry.Id)
  for (const id of ids)
    if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,80}$/.test(id))
      throw sqsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
  if (new Set(ids).size < ids.length)
    throw sqsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.')
  const bytes = bytesOf ? entries.reduce((sum, entry) => sum + bytesOf(entry), 0) : 0
  if (bytes > messageBytesMax)
    throw sqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${messageBytesMax} bytes. You have sent ${bytes} bytes.`,
    )
}
