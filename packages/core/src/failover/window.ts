import { z } from 'zod'

/** Most windows of one cluster. */
export const windowsMax = 20
const windowMinutesMax = 7 * 24 * 60

/** A time that comes again and again, in which alarms may act, or may not. */
export const Window = z.strictObject({
  kind: z.enum(['allow', 'deny']),
  cron: z
    .string()
    .max(100)
    .regex(/^\S+( \S+){4}$/, 'must be five fields: minute, hour, day, month, weekday')
    .describe('when it begins'),
  minutes: z.int().min(1).max(windowMinutesMax).describe('how long it lasts'),
  time_zone: z.string().min(1).max(64).default('UTC').describe('IANA name'),
})
export type Window = z.infer<typeof Window>

/** Port: reads cron expressions by the clocks of the world. */
export interface Calendar {
  /** Why a window never begins or cannot be read; null when all is well. */
  problem(window: Window): string | null
  isOpen(window: Window, at: Date): boolean
}

/** Whether alarms may act now, and by which window. */
export interface WindowState {
  isInside: boolean
  detail: string
}

/** A denying window wins; where any allows, one of those must be open. Without windows it is always time. */
export function windowState(calendar: Calendar, windows: readonly Window[], now: Date): WindowState {
  const open = windows.filter((window) => calendar.isOpen(window, now))
  const denying = open.find(({ kind }) => kind === 'deny')
  if (denying) return { isInside: false, detail: `inside the denying window ${nameOf(denying)}` }
  if (!windows.some(({ kind }) => kind === 'allow')) return { isInside: true, detail: 'no window denies it' }
  const [allowing] = open
  return allowing
    ? { isInside: true, detail: `inside the window ${nameOf(allowing)}` }
    : { isInside: false, detail: 'outside of every allowing window' }
}

const nameOf = ({ cron, minutes, time_zone }: Window): string => `"${cron}" ${time_zone}, ${minutes} minutes`
