import type { Survey, SurveyNode } from '../action/survey.ts'
import { type BudgetRow, countRow } from './budget-row.ts'
import type { Budget } from './budgets.ts'
import type { Footprint } from './footprint.ts'

/** Below so many nodes a percentage says nothing, and one node may go. */
const smallPoolNodesMax = 4

const isOut = ({ ready, unschedulable }: SurveyNode): boolean => unschedulable || !ready

/**
 * How many nodes are out of service after the action, of the pool and of the cluster: both must fit, so the smaller decides
 * (spec/decisions.md 34). Percentages are rounded down. An atomic slice goes as a whole, and counts as one unit of all its nodes.
 * What others have begun counts until they end, even where the survey shows it already: rather once too often than not at all.
 */
export function unavailableRows(
  whose: string,
  budget: Pick<Budget, 'unavailable_percent_max' | 'unavailable_count_max'>,
  { counted, targets, isAtomic }: Footprint,
  { accelerator_nodes: all, begun }: Pick<Survey, 'accelerator_nodes'> & { begun: number },
): BudgetRow[] {
  const outNow = counted.filter(isOut).length
  const takes = counted.filter((node) => targets.has(node.name) && !isOut(node)).length
  const isTouched = counted.some(({ name }) => targets.has(name))
  const unit = isAtomic ? counted.length : 1
  const row = (scope: 'pool' | 'cluster', total: number, used: number): BudgetRow => {
    const limit = limitOf(budget, total, isAtomic || total <= smallPoolNodesMax ? unit : 0)
    const what = `nodes out of service of ${total} in the ${scope}${percentOf(budget, total)}`
    return countRow(`${whose}.unavailable_in_${scope}`, { limit, used, takes, what }, isTouched)
  }
  const hasAccelerators = counted.some(({ accelerators }) => accelerators > 0)
  // The survey counts nodes without accelerators for the pool only.
  return [
    row('pool', counted.length, outNow),
    ...(hasAccelerators ? [row('cluster', all.total, all.unavailable + begun)] : []),
  ]
}

/** @param unit nodes that may go together whatever the percentage says; a count holds for them too */
function limitOf(
  budget: Pick<Budget, 'unavailable_percent_max' | 'unavailable_count_max'>,
  total: number,
  unit: number,
): number | null {
  const { unavailable_percent_max: percent, unavailable_count_max: count } = budget
  const byPercent = percent === null ? null : Math.max(shareOf(percent, total), unit)
  if (byPercent === null || count === null) return byPercent ?? count
  return Math.min(byPercent, count)
}

const percentOf = (
  { unavailable_percent_max: percent }: Pick<Budget, 'unavailable_percent_max'>,
  total: number,
): string => (percent === null ? '' : ` (${percent} % = ${shareOf(percent, total)}, rounded down)`)

/** A percentage of nodes, rounded down. */
export const shareOf = (percent: number, total: number): number => Math.floor((percent * total) / 100)
