import { describe, expect, it } from 'vitest'
import { failureOf } from './fail-task.ts'

const cause = (errorMessage: unknown): string => JSON.stringify({ errorMessage, errorType: 'x', trace: ['secret'] })

describe('the reason of a failure', () => {
  it.each([
    ['ours', { Error: 'kube.forbidden', Cause: cause('not allowed'), Step: 'S' }, 'kube.forbidden', 'not allowed'],
    ['ours without a text', { Error: 'kube.forbidden', Cause: '', Step: 'S' }, 'kube.forbidden', 'S failed'],
    [
      'a time-out',
      { Error: 'States.Timeout', Cause: '', Step: 'S' },
      'task.timed_out',
      'S did not end within its time',
    ],
    ['foreign', { Error: 'TypeError', Cause: cause('secret'), Step: 'S' }, 'internal', 'S met an unforeseen failure'],
    ['nameless', { Error: null, Cause: null }, 'internal', 'a step met an unforeseen failure'],
    [
      'named like a member of all objects',
      { Error: 'constructor', Cause: cause('secret') },
      'internal',
      'a step met an unforeseen failure',
    ],
    [
      'an undo that failed',
      { Error: 'task.cancel_incomplete', Cause: cause('no answer'), Step: 'S' },
      'task.cancel_incomplete',
      'not everything was taken back: no answer',
    ],
    ['one whose cause is no JSON', { Error: 'kube.failed', Cause: 'secret', Step: 'S' }, 'kube.failed', 'S failed'],
  ])('%s', (_, failure, code, error) => {
    expect(failureOf(failure)).toMatchObject({ status: 'failed', code, error })
  })
})
