/**
 * What LocalStack 2026.3.0 does otherwise than SQS as documented, by the title of the promise that it breaks
 * (packages/local/contract/queue-contract.ts). Each is expected to break: one that is kept after all fails the suite.
 *
 * Of Step Functions nothing is listed: on every edge of every workflow both engines did the same (parity/). What its
 * engine is known to do otherwise stays out of the definitions: $uuid, $hash, $random, free text in expressions.
 */
export interface Fault {
  promise: string
  /** What it does instead. */
  instead: string
  /** Day of the run that showed it. */
  seen: string
}

const seen = '2026-11-29'

export const queueFaults: readonly Fault[] = [
  ...[
    { VisibilityTimeout: '43201' },
    { DelaySeconds: 'soon' },
    { RedrivePolicy: '{}' },
    { KmsMasterKeyId: 'alias/x' },
  ].map((attribute) => ({
    promise: `refuses the attribute ${JSON.stringify(attribute)}`,
    instead: 'it makes a queue with it, or refuses it under another code',
    seen,
  })),
  ...[{ MaxNumberOfMessages: 0 }, { VisibilityTimeout: 43_201 }].map((wanted) => ({
    promise: `refuses to give messages for ${JSON.stringify(wanted)}`,
    instead: 'it takes the number',
    seen,
  })),
  {
    promise: 'knows its sources and gives its messages back as new ones',
    instead: 'a message that was moved keeps the count of its receives',
    seen,
  },
  {
    promise: 'tells of each entry that failed and runs the others',
    instead: 'a delay of more than 900 seconds is taken in a batch',
    seen,
  },
  {
    promise: 'is not removed by the handle of an earlier receive, and by no malformed handle',
    instead: 'the handle of an earlier receive removes the message',
    seen,
  },
]
