import { describe, expect, it } from 'vitest'
import { entry, now, west } from '../../../../test/surveyed.ts'
import { clusterBudgetsDefault, networkBudgetsDefault } from './budgets.ts'
import { remainingOf } from './remaining.ts'

const input = {
  budgets: clusterBudgetsDefault,
  network: { budgets: networkBudgetsDefault, breaker: null, resumed_at: null },
  history: { cluster: { entries: [] }, network: { entries: [], accelerator_nodes: {} } },
  open: new Set<never>(),
  now,
}
const left = (given: Parameters<typeof remainingOf>[0]) =>
  Object.fromEntries(remainingOf(given, west).map(({ budget, used, left }) => [budget, [used, left]]))

describe('what is left', () => {
  it('is everything before the first action; a share of unknown nodes is not told', () => {
    expect(left(input)).toEqual({
      'explicit.repairs_per_cluster': [0, 4],
      'automatic.repairs_per_cluster': [0, 2],
      'automatic.pools_in_flight_max': [0, 1],
      'network.clusters_in_flight_max': [0, 2],
      'network.repairs': [0, 6],
      'cluster.history': [0, 400],
      'network.history': [0, 1000],
    })
  })

  it('shrinks by what was done and what goes on, and never below nothing', () => {
    const entries = [
      entry(10, { is_automatic: true, cordoned: 3, repaired: 1 }),
      entry(20, { is_automatic: true, pool: 'b', cordoned: 9, repaired: 1 }),
      entry(30, { pool: 'c', repaired: 1 }),
      entry(7200, { pool: 'd', repaired: 1 }),
    ]
    const network = { entries, accelerator_nodes: { [west]: { count: 100, at: now.toISOString() } } }
    const open = new Set(entries.slice(0, 2).map(({ action }) => action))
    expect(left({ ...input, history: { cluster: { entries }, network }, open })).toEqual({
      'explicit.repairs_per_cluster': [3, 1],
      'automatic.repairs_per_cluster': [3, 0],
      'automatic.pools_in_flight_max': [2, 0],
      'network.clusters_in_flight_max': [1, 1],
      'network.repairs': [3, 3],
      'network.breaker': [12, 0],
      'cluster.history': [4, 396],
      'network.history': [4, 996],
    })
  })
})
