import type { Calendar, Window } from '@gridgate/core/failover/window'
import { Cron } from 'croner'

/** Cron expressions in any time zone, daylight saving included. */
export const calendar: Calendar = {
  problem(window) {
    try {
      return open(window).nextRun(anyDay) === null ? `"${window.cron}" never comes` : null
    } catch (error) {
      if (!isTimeZone(window.time_zone)) return `${window.time_zone} is not a time zone`
      return `"${window.cron}" is not a cron expression: ${error instanceof Error ? error.message : 'unreadable'}`
    }
  },
  isOpen(window, at) {
    // The first beginning after the earliest one that would still hold.
    const begin = open(window).nextRun(new Date(at.getTime() - window.minutes * 60_000))
    return begin !== null && begin <= at
  },
}

/** Expressions name no year, so it is all one from when they are looked at. */
const anyDay = new Date(0)

const open = ({ cron, time_zone }: Window): Cron =>
  new Cron(cron, { timezone: time_zone, mode: '5-part', paused: true })

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
