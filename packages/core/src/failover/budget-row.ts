import type { Rate } from './budgets.ts'
import { within } from './history.ts'

/** One budget, before and after the action. */
export interface BudgetRow {
  /** Such as `automatic.repairs_per_pool`, as the settings call it. */
  name: string
  /** Null: no limit. */
  limit: number | null
  used: number
  after: number
  ok: boolean
  /** When it may be there again; null while it is. */
  retry_after_seconds: number | null
  arithmetic: string
}

/** How long to wait where nothing says when it will be better, in seconds. */
export const askAgainSeconds = 300

/** A row of something that is not counted over time. What the action takes nothing of does not stop it. */
export function countRow(
  name: string,
  { limit, used, takes, what }: { limit: number | null; used: number; takes: number; what: string },
  isTouched = takes > 0,
): BudgetRow {
  const after = used + takes
  const ok = !isTouched || limit === null || after <= limit
  const arithmetic = `${what}: ${used} + ${takes} = ${after}, ${limit === null ? 'no limit' : `at most ${limit}`}`
  return { name, limit, used, after, ok, retry_after_seconds: ok ? null : askAgainSeconds, arithmetic }
}

/** A row of a sliding window: so many in any stretch of so many seconds. */
export function rateRow(
  name: string,
  { max, seconds }: Rate,
  { entries, takes, what, now }: { entries: readonly { at: string }[]; takes: number; what: string; now: Date },
): BudgetRow {
  const counted = within(entries, seconds, now)
  const row = countRow(name, { limit: max, used: counted.length, takes, what: `${what} in ${seconds} s` })
  return row.ok ? row : { ...row, retry_after_seconds: secondsUntil(counted, row.after - max, seconds, now) }
}

/** Whole seconds until so many entries, the oldest first, are out of the window. */
function secondsUntil(counted: readonly { at: string }[], leaving: number, seconds: number, now: Date): number {
  const times = counted.map(({ at }) => Date.parse(at)).sort((one, other) => one - other)
  const last = times[leaving - 1] ?? now.getTime()
  return Math.max(1, Math.ceil((last + seconds * 1000 - now.getTime()) / 1000))
}
