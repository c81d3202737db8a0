import { GridError } from '@gridgate/core/errors'

/** What DynamoDB and the network call a failure that passes. The SDK has tried several times already when they arrive here. */
const passing = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'InternalServerError',
  'ServiceUnavailable',
  'TransactionConflictException',
  'TransactionInProgressException',
  'TimeoutError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
])

/** Runs a request; a failure that passes becomes `service.unavailable`, everything else stays what it is. */
export async function answered<Answer>(request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof GridError) throw error
    const code = 'code' in error ? String(error.code) : ''
    if (!passing.has(error.name) && !passing.has(code)) throw error
    throw new GridError('service.unavailable', 'the table does not answer', { cause: error, retryAfterSeconds: 2 })
  }
}
