import type { ActionOrder, ActionPlan, AskedWork, Check } from '../action/action.ts'
import type { Survey } from '../action/survey.ts'
import type { Role } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import type { TaskId } from '../task/task.ts'
import { type BudgetInput, breakerRowOf, budgetRows } from './budget.ts'
import type { BudgetRow } from './budget-row.ts'
import { footprintOf } from './footprint.ts'
import { gatesOf } from './gates.ts'
import { type ClusterHistory, type NetworkHistory, withEntry, withNetworkEntry } from './history.ts'
import type { Breaker, StoredNetwork } from './network.ts'
import type { FailoverMode, FailoverSettings } from './settings.ts'
import type { WindowState } from './window.ts'

/** What was read for the verdict; it holds as long as both histories still have their versions. */
export interface GuardReading {
  settings: FailoverSettings
  network: StoredNetwork
  window: WindowState
  history: { cluster: ClusterHistory; network: NetworkHistory }
  versions: { cluster: number; network: number }
  /** Tasks that are not finished: of automatic actions, and of all lately begun on the cluster. */
  open: ReadonlySet<TaskId>
  now: Date
}

/** An action that wants to begin, or to go on. */
export interface GuardedAction {
  /** The task that does the work. */
  action: TaskId
  clusterId: ClusterId
  order: AskedWork & Pick<ActionOrder, 'force'>
  plan: ActionPlan
  survey: Survey
  role: Role
  /** Null: a person or a program asked. Otherwise the mode of the rule that an alarm met. */
  alarm: { mode: FailoverMode } | null
}

interface Shown {
  checks: Check[]
  budgets: BudgetRow[]
  /** To be stored with `tripBreaker`, whatever the verdict: everything automatic stops. */
  breaker: Breaker | null
}

/** `defer`: another system repairs the pool. `observe`: the plan is recorded and nothing done. */
export type GuardVerdict = Shown &
  (
    | { kind: 'go'; next: { cluster: ClusterHistory; network: NetworkHistory } }
    | { kind: 'observe' | 'defer'; detail: string }
    | { kind: 'refuse'; error: GridError }
  )

/**
 * Decides whether an action may begin, by freeze, mode, windows, other repairers and budgets, and what is to be remembered of it.
 * Pure, so the same is asked again before each batch. A dry run shows the checks and does nothing with the rest.
 */
export function guardAction(reading: GuardReading, asked: GuardedAction): GuardVerdict {
  const footprint = footprintOf({ ...asked, isAutomatic: asked.alarm !== null })
  const input = { ...reading, footprint, survey: asked.survey, budgets: reading.settings.budgets }
  const budgets = budgetRows(input)
  const gates = gatesOf(reading, asked)
  const shown = { checks: [...gates.map(({ check }) => check), ...budgets.map(toCheck)], budgets, breaker: null }

  const stopping = gates.find(({ check }) => !check.ok && check.severity === 'block')
  if (!stopping) return settle(input, shown)
  const { stops, check } = stopping
  if (stops.kind !== 'refuse') return { ...shown, kind: stops.kind, detail: check.detail }
  const error = new GridError(stops.code, check.detail, stops.details ? { details: stops.details } : {})
  return { ...shown, kind: 'refuse', error }
}

/** The verdict of what only budgets can still stop. */
function settle(input: BudgetInput, shown: Shown): GuardVerdict {
  const { footprint } = input
  const breaker = trippedBy(input)
  const exhausted = shown.budgets.filter(({ ok }) => !ok)
  if (exhausted.length > 0)
    return { ...shown, breaker: footprint.isAutomatic ? breaker : null, kind: 'refuse', error: exhaustion(exhausted) }
  return { ...shown, breaker, kind: 'go', next: remembered(input) }
}

/** An explicit action is not held by the breaker, but may be what trips it. */
function trippedBy(input: BudgetInput): Breaker | null {
  const { ok, arithmetic } = breakerRowOf(input)
  return ok || input.network.breaker ? null : { tripped_at: input.now.toISOString(), reason: arithmetic }
}

function exhaustion(rows: readonly BudgetRow[]): GridError {
  const said = rows.map(({ name, arithmetic }) => `${name} (${arithmetic})`).join('; ')
  return new GridError('budget.exhausted', `the budget is used up: ${said}`, {
    details: { budget: rows[0]?.name, budgets: rows },
    retryAfterSeconds: Math.max(...rows.map((row) => row.retry_after_seconds ?? 0)),
  })
}

const toCheck = ({ name, ok, arithmetic }: BudgetRow): Check => ({
  name: `budget ${name}`,
  severity: 'block',
  ok,
  detail: arithmetic,
})

/** The histories once the action has begun. */
function remembered({ footprint, history, survey, now }: BudgetInput): {
  cluster: ClusterHistory
  network: NetworkHistory
} {
  const { action, type, pool, jobset, repairs, cordons: cordoned, clusterId: cluster_id } = footprint
  const common = { action, at: now.toISOString(), is_automatic: footprint.isAutomatic }
  const shared = { ...common, cluster_id, cordoned, repaired: new Set(repairs).size }
  return {
    cluster: withEntry(history.cluster, { ...common, type, pool, jobset, repairs: [...repairs] }),
    network: withNetworkEntry(history.network, shared, survey.accelerator_nodes.total),
  }
}
