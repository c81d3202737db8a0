import { describe, expect, it } from 'vitest'
import { type FailureFields, matches } from './failure.ts'
import { planRetry } from './retry.ts'

const failure = (error: string | null, more: Partial<FailureFields> = {}): FailureFields => ({
  error,
  cause: null,
  ...more,
})

describe('ErrorEquals', () => {
  it.each<[string, FailureFields, boolean]>([
    ['States.ALL', failure('Anything'), true],
    ['States.ALL', failure(null), true],
    ['States.ALL', failure('States.DataLimitExceeded'), true],
    ['States.ALL', failure('States.Runtime'), false],
    ['States.Runtime', failure('States.Runtime'), false],
    ['States.TaskFailed', failure('Lambda.Unknown'), true],
    ['States.TaskFailed', failure('States.Timeout', { timedOut: 'timeout' }), false],
    ['States.TaskFailed', failure(null), false],
    ['States.Timeout', failure('States.Timeout', { timedOut: 'heartbeat' }), true],
    ['States.HeartbeatTimeout', failure('States.Timeout', { timedOut: 'heartbeat' }), true],
    ['States.HeartbeatTimeout', failure('States.Timeout', { timedOut: 'timeout' }), false],
    ['State.ALL', failure('Anything'), false],
    ['Busy', failure('Busy'), true],
    ['Bus', failure('Busy'), false],
  ])('%s against %j: %s', (name, fields, expected) => {
    expect(matches([name], fields)).toBe(expected)
  })
})

describe('a retry', () => {
  it('waits interval x rate^(n-1) with 1 s, 2.0 and three attempts unless told otherwise', () => {
    const waits = [0, 1, 2, 3].map((used) => planRetry([{ ErrorEquals: ['E'] }], [used], failure('E'), 's')?.delayMs)
    expect(waits).toEqual([1_000, 2_000, 4_000, undefined])
  })

  it('waits no longer than MaxDelaySeconds', () => {
    const retrier = { ErrorEquals: ['E'], IntervalSeconds: 3, BackoffRate: 10, MaxDelaySeconds: 20, MaxAttempts: 9 }
    expect(planRetry([retrier], [5], failure('E'), 's')?.delayMs).toBe(20_000)
  })

  it('with full jitter waits anything up to that, the same for the same attempt', () => {
    const retrier = { ErrorEquals: ['E'], IntervalSeconds: 10, JitterStrategy: 'FULL' as const }
    const waits = Array.from({ length: 200 }, (_, n) => planRetry([retrier], [0], failure('E'), `${n}`)?.delayMs ?? -1)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...waits)).toBeLessThan(10_000)
    expect(new Set(waits).size).toBeGreaterThan(150)
    expect(planRetry([retrier], [0], failure('E'), '7')?.delayMs).toBe(waits[7])
  })

  it('is decided by the first retrier that names the error, even when it is used up', () => {
    const retriers = [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }]
    expect(planRetry(retriers, [], failure('E'), 's')).toBeNull()
    expect(planRetry(retriers, [], failure('F'), 's')).toMatchObject({ used: [0, 1] })
  })
})
