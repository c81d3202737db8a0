import type { Survey } from '../action/survey.ts'
import type { TaskId } from '../task/task.ts'
import { breakerRow } from './breaker.ts'
import { type BudgetRow, countRow, rateRow } from './budget-row.ts'
import { type Budget, type ClusterBudgets, networkWindowSecondsMax } from './budgets.ts'
import type { Footprint } from './footprint.ts'
import {
  type ClusterHistory,
  clusterEntriesMax,
  type HistoryEntry,
  keptEntries,
  type NetworkEntry,
  type NetworkHistory,
  networkEntriesMax,
  within,
} from './history.ts'
import type { StoredNetwork } from './network.ts'
import { unavailableRows } from './unavailable.ts'

/** Everything that is counted, and against what. */
export interface BudgetInput {
  footprint: Footprint
  survey: Pick<Survey, 'accelerator_nodes'>
  budgets: ClusterBudgets
  network: Pick<StoredNetwork, 'budgets' | 'breaker' | 'resumed_at'>
  history: { cluster: ClusterHistory; network: NetworkHistory }
  /** Tasks that are not finished: of automatic actions, and of all lately begun on the cluster. */
  open: ReadonlySet<TaskId>
  now: Date
}

/** What the rows of one action look at: what others did. */
interface Others {
  cluster: readonly HistoryEntry[]
  network: readonly NetworkEntry[]
}

/**
 * Every budget of spec/decisions.md 34 before and after an action; all must be ok. One action per pool and per JobSet is kept by
 * the locks of the action's task. Explicit and automatic actions count for each other: a pool that a person had repaired is
 * not repaired by an alarm an hour later. The action's own entry is not counted, so that asking again gives the same answer.
 */
export function budgetRows(input: BudgetInput): BudgetRow[] {
  const { footprint, history, survey } = input
  const whose = footprint.isAutomatic ? 'automatic' : 'explicit'
  const budget = input.budgets[whose]
  const isOther = ({ action }: { action: TaskId }): boolean => action !== footprint.action
  const others: Others = {
    cluster: history.cluster.entries.filter(isOther),
    network: history.network.entries.filter(isOther),
  }
  return [
    ...unavailableRows(whose, budget, footprint, { ...survey, begun: begunIn(input, others) }),
    ...repairRows(whose, budget, input, others),
    cooldownRow(whose, budget, input, others),
    ...(footprint.isAutomatic ? automaticRows(input, others) : []),
    historyRow('cluster', clusterEntriesMax, keptEntries(others.cluster, input.now).length),
    historyRow('network', networkEntriesMax, within(others.network, networkWindowSecondsMax, input.now).length),
  ]
}

/** Nodes of the cluster that others have set out to take out of service; a survey may not show them yet. */
const begunIn = ({ footprint, open }: BudgetInput, { network }: Others): number =>
  network
    .filter(({ action, cluster_id }) => cluster_id === footprint.clusterId && open.has(action))
    .reduce((sum, { cordoned, repaired }) => sum + Math.max(cordoned, repaired), 0)

/** How many accelerator nodes were cordoned lately, in the network, with this action. */
export const breakerRowOf = ({ footprint, network, history, survey, now }: BudgetInput): BudgetRow =>
  breakerRow({
    footprint,
    budget: network.budgets.breaker,
    history: history.network,
    acceleratorNodes: survey.accelerator_nodes.total,
    resumedAt: network.resumed_at,
    now,
  })

function repairRows(whose: string, budget: Budget, { footprint, now }: BudgetInput, { cluster }: Others): BudgetRow[] {
  const { pool, repairs } = footprint
  const [node] = repairs
  const repaired = cluster.filter((entry) => entry.repairs.length > 0)
  const attempts = repaired.flatMap(({ at, pool, repairs }) => repairs.map((of) => ({ at, pool, of })))
  const isOfPool = (entry: { pool: string | null }): boolean => entry.pool === pool
  type Name = keyof Budget & `${'repairs' | 'attempts'}${string}`
  const row = (name: Name, entries: { at: string }[], what: string) => {
    // A ladder tries several times, and is one repair.
    const takes = name.startsWith('attempts') ? repairs.length : new Set(repairs).size
    return rateRow(`${whose}.${name}`, budget[name], { entries, takes, what, now })
  }
  return [
    row('repairs_per_pool', repaired.filter(isOfPool), `repairs of pool ${pool}`),
    row('repairs_per_cluster', repaired, `repairs of cluster ${footprint.clusterId}`),
    row(
      'attempts_per_node',
      attempts.filter(({ of }) => of === node),
      `attempts on node ${node ?? '(none)'} before a person is needed`,
    ),
    row('attempts_per_pool', attempts.filter(isOfPool), `attempts on pool ${pool} before a person is needed`),
  ]
}

/** Spaces actions of one type on one pool; where no pool is concerned, on one JobSet. */
function cooldownRow(whose: string, budget: Budget, { footprint, now }: BudgetInput, { cluster }: Others): BudgetRow {
  const { type, pool, jobset } = footprint
  const entries = cluster.filter(
    (entry) => entry.type === type && entry.pool === pool && (pool !== null || entry.jobset === jobset),
  )
  const what = `${type} on ${pool ?? jobset}`
  const rate = { max: 1, seconds: budget.cooldown_seconds }
  return rateRow(`${whose}.cooldown_seconds`, rate, { entries, takes: 1, what, now })
}

/** What holds only for alarms: how many at once, and what the whole network may lose. */
function automaticRows(input: BudgetInput, { cluster, network }: Others): BudgetRow[] {
  const { footprint, budgets, open, now } = input
  const isOpen = ({ action, is_automatic }: Pick<HistoryEntry, 'action' | 'is_automatic'>): boolean =>
    is_automatic && open.has(action)
  const row = (name: string, limit: number, keys: readonly (string | null)[], own: string | null, what: string) => {
    const used = new Set(keys)
    return countRow(name, { limit, used: used.size, takes: used.has(own) ? 0 : 1, what })
  }
  return [
    row(
      'automatic.pools_in_flight_max',
      budgets.automatic.pools_in_flight_max,
      cluster.filter(isOpen).map(({ pool, jobset }) => pool ?? jobset),
      footprint.pool ?? footprint.jobset,
      `pools of ${footprint.clusterId} that alarms work on`,
    ),
    row(
      'network.clusters_in_flight_max',
      input.network.budgets.clusters_in_flight_max,
      network.filter(isOpen).map(({ cluster_id }) => cluster_id),
      footprint.clusterId,
      'clusters that alarms work on',
    ),
    rateRow('network.repairs', input.network.budgets.repairs, {
      entries: network.filter(({ repaired }) => repaired > 0),
      takes: new Set(footprint.repairs).size,
      what: 'repairs in the network',
      now,
    }),
    breakerRowOf(input),
  ]
}

const historyRow = (whose: string, limit: number, used: number): BudgetRow =>
  countRow(`${whose}.history`, { limit, used, takes: 1, what: `actions remembered of the ${whose}` })
