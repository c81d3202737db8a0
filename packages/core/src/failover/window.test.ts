import { describe, expect, it } from 'vitest'
import { type Calendar, type Window, windowState } from './window.ts'

/** Windows that are open by their name. */
const calendar: Calendar = { problem: () => null, isOpen: ({ cron }) => cron.startsWith('open') }
const window = (kind: Window['kind'], cron: string): Window => ({ kind, cron, minutes: 60, time_zone: 'UTC' })

describe('the windows of a cluster', () => {
  it.each([
    ['none', [], true],
    ['one that allows and is open', [window('allow', 'open')], true],
    ['one that allows and is shut', [window('allow', 'shut')], false],
    ['two that allow, one of them open', [window('allow', 'shut'), window('allow', 'open')], true],
    ['one that denies and is open', [window('deny', 'open')], false],
    ['one that denies and is shut', [window('deny', 'shut')], true],
    ['one that denies inside of one that allows', [window('allow', 'open'), window('deny', 'open')], false],
    ['one that allows, shut, and one that denies, shut', [window('allow', 'shut'), window('deny', 'shut')], false],
  ])('%s', (_, windows, isInside) => {
    expect(windowState(calendar, windows, new Date(0)).isInside).toBe(isInside)
  })
})
