import type { Window } from '@gridgate/core/failover/window'
import { describe, expect, it } from 'vitest'
import { calendar } from './calendar.ts'

const window = (cron: string, minutes: number, time_zone = 'UTC'): Window => ({
  kind: 'allow',
  cron,
  minutes,
  time_zone,
})
const nightly = window('30 2 * * *', 60)
const inBerlin = window('30 2 * * *', 60, 'Europe/Berlin')

describe('a window', () => {
  it.each([
    ['before it begins', nightly, '2030-01-05T02:29:59.999Z', false],
    ['as it begins', nightly, '2030-01-05T02:30:00Z', true],
    ['in its last moment', nightly, '2030-01-05T03:29:59.999Z', true],
    ['as it ends', nightly, '2030-01-05T03:30:00Z', false],
    ['by the clocks of its zone', inBerlin, '2030-01-05T01:30:00Z', true],
    ['in summer', inBerlin, '2030-07-05T00:30:00Z', true],
    ['on the night that has no half past two: the hour after', inBerlin, '2030-03-31T01:15:00Z', true],
    ['on another weekday', window('0 0 * * 1', 1440), '2030-01-05T12:00:00Z', false],
    ['over midnight', window('0 22 * * 5', 240), '2030-01-05T01:00:00Z', true],
  ])('is judged right %s', (_, given, at, isOpen) => {
    expect(calendar.problem(given)).toBeNull()
    expect(calendar.isOpen(given, new Date(at))).toBe(isOpen)
  })

  it.each([
    ['a number out of range', window('61 * * * *', 1), /not a cron expression/],
    ['a day that never comes', window('0 0 30 2 *', 1), /never comes/],
    ['another place', window('0 0 * * *', 1, 'Mars/Base'), /not a time zone/],
  ])('has a problem: %s', (_, given, problem) => {
    expect(calendar.problem(given)).toMatch(problem)
  })
})
