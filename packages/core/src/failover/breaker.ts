import { type BudgetRow, countRow } from './budget-row.ts'
import type { NetworkBudgets } from './budgets.ts'
import type { Footprint } from './footprint.ts'
import { type NetworkHistory, within } from './history.ts'
import { shareOf } from './unavailable.ts'

interface BreakerInput {
  footprint: Footprint
  budget: NetworkBudgets['breaker']
  history: NetworkHistory
  /** Accelerator nodes of this cluster, by its survey. */
  acceleratorNodes: number
  /** What was done before a person resumed is not counted again. */
  resumedAt: string | null
  now: Date
}

/**
 * Too many accelerator nodes of the network cordoned in a short time, by whomever: a sign of one cause behind many alarms
 * (spec/decisions.md 34). A single action never trips it, or the pool of a small network could not be repaired at all. Of the
 * network only clusters that were surveyed are known, which errs towards tripping.
 */
export function breakerRow({ footprint, budget, history, acceleratorNodes, resumedAt, now }: BreakerInput): BudgetRow {
  const { action, clusterId, cordons } = footprint
  // A moment that is yet to come, after a clock was set back, would hide all that is done until then.
  const isKnown = resumedAt !== null && Date.parse(resumedAt) <= now.getTime()
  const since = isKnown ? Date.parse(resumedAt) : Number.NEGATIVE_INFINITY
  const earlier = within(history.entries, budget.seconds, now).filter(
    (entry) => entry.action !== action && entry.cordoned > 0 && Date.parse(entry.at) > since,
  )
  const used = earlier.reduce((sum, entry) => sum + entry.cordoned, 0)
  const known = { ...history.accelerator_nodes, [clusterId]: { count: acceleratorNodes } }
  const total = Object.values(known).reduce((sum, { count }) => sum + count, 0)
  const limit = shareOf(budget.percent_max, total)
  const what = `nodes cordoned in ${budget.seconds} s of ${total} known in the network (${budget.percent_max} %)`
  return countRow('network.breaker', { limit, used, takes: cordons, what }, cordons > 0 && earlier.length > 0)
}
