/**
 * What became of a call that has no answer:
 * - `unsent`: no connection was made, so nothing was done
 * - `throttled`: AWS did nothing, for the moment
 * - `refused`: AWS did nothing, and would not do it next time either
 * - `unclear`: whether it was done is not known
 */
export type AwsOutcome = 'unsent' | 'throttled' | 'refused' | 'unclear'

/** Characters of AWS's own words that are kept, for logs alone. */
const messageCharsMax = 500

/**
 * A failed call of AWS. It is named by AWS's code, as the errors of its own clients are; what calls it makes a
 * GridError of it.
 */
export class AwsFailure extends Error {
  readonly outcome: AwsOutcome

  constructor(code: string, outcome: AwsOutcome, message: string, cause?: unknown) {
    super(message.slice(0, messageCharsMax), { cause })
    this.name = code
    this.outcome = outcome
  }
}

/** Codes with which AWS says "later" and does nothing, whatever the status. */
export const throttleCodes = [
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'EC2ThrottledException',
  'RequestLimitExceeded',
] as const

const throttles: ReadonlySet<string> = new Set(throttleCodes)

/** The failure that an answer tells of. */
export function failureOf(status: number, code: string, message: string): AwsFailure {
  if (throttles.has(code) || status === 429) return new AwsFailure(code, 'throttled', message)
  return new AwsFailure(code, status >= 400 && status < 500 ? 'refused' : 'unclear', message)
}
