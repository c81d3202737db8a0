import type { Outcome } from './parity/run-scenario.ts'

/** What LocalStack 2026.3.0 does otherwise. Each is expected: one that is gone fails the suite. */
interface Fault {
  /** What it does instead. */
  instead: string
  /** Day of the run that showed it. */
  seen: string
}

const seen = '2026-11-29'

/** Otherwise than SQS is documented, by the title of the promise that it breaks (packages/local/contract/queue-contract.ts). */
export const queueFaults: readonly (Fault & { promise: string })[] = [
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

/**
 * Of Step Functions, only where a time passes (parity/timeouts.test.ts): on every edge of every workflow both engines did the
 * same. What its engine is known to do otherwise stays out of the definitions: $uuid, $hash, $random, free text in expressions.
 */
export const timeFaults: Readonly<Record<string, Fault & { there(ours: Outcome): Outcome }>> = {
  first: {
    instead:
      'a Fail state does not take on the name of a time-out that was caught before: States.Runtime, as names of our own must not begin with States. What AWS does with one that comes from an expression is not recorded',
    there: (ours) => ({ ...ours, error: 'States.Runtime' }),
    seen,
  },
  execution: {
    instead:
      'it writes no ExecutionTimedOut, and what the step that it leaves behind does still comes into the history',
    there: (ours) => ({ ...ours, events: ours.events.slice(0, -1) }),
    seen,
  },
}
