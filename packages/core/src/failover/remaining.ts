import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { TaskId } from '../task/task.ts'
import { type BudgetInput, budgetRows } from './budget.ts'
import type { Footprint } from './footprint.ts'
import type { NetworkHistory } from './history.ts'
import type { StoredNetwork } from './network.ts'
import { openAmong } from './read-guard.ts'

/** What is left of one budget; pools, nodes and JobSets have more of their own, which only a plan can be held against. */
export const Remaining = z.object({
  budget: z.string().describe('as refusals name it, such as `automatic.repairs_per_cluster`'),
  limit: z.number().nullable().describe('null: no limit'),
  used: z.number(),
  left: z.number().nullable(),
})
export type Remaining = z.infer<typeof Remaining>

/** Budgets that need no plan: of one cluster, and shared by all. */
const needNoPlan: ReadonlySet<string> = new Set([
  ...['explicit.repairs_per_cluster', 'automatic.repairs_per_cluster', 'automatic.pools_in_flight_max'],
  ...['network.clusters_in_flight_max', 'network.repairs', 'network.breaker', 'cluster.history', 'network.history'],
])

export const isShared = ({ budget }: Remaining): boolean => budget.startsWith('network.')

/** No action: it takes nothing of any budget. */
const nothing: Omit<Footprint, 'clusterId' | 'isAutomatic'> = {
  ...{ action: TaskId.parse('none'), type: 'cordon_nodepool', pool: null, jobset: null, counted: [] },
  ...{ targets: new Set(), cordons: 0, repairs: [], isAtomic: false },
}

/** What is left of the budgets of a cluster and of the network now. */
export function remainingOf(input: Omit<BudgetInput, 'footprint' | 'survey'>, clusterId: ClusterId): Remaining[] {
  const { accelerator_nodes: known } = input.history.network
  const total = known[clusterId]?.count ?? 0
  const rows = [false, true].flatMap((isAutomatic) =>
    budgetRows({
      ...input,
      footprint: { ...nothing, clusterId, isAutomatic },
      survey: { accelerator_nodes: { total, unavailable: 0 } },
    }),
  )
  // A share of nobody knows how many nodes is no number.
  const isKnown = (name: string): boolean => name !== 'network.breaker' || Object.keys(known).length > 0
  const shown = rows.filter(({ name }) => needNoPlan.has(name) && isKnown(name))
  return [...new Map(shown.map((row) => [row.name, row])).values()].map(({ name, limit, used }) => ({
    ...{ budget: name, limit, used },
    left: limit === null ? null : Math.max(0, limit - used),
  }))
}

/** What all clusters share, read once for all of them. */
export interface SharedReading {
  network: StoredNetwork
  history: NetworkHistory
  open: ReadonlySet<TaskId>
}

type ReadPorts = Needs<'failoverSettings' | 'histories' | 'clock'>

/** What is left for a cluster now; null where what was used up cannot be read, so that nothing is admitted. */
export async function readRemaining(ports: ReadPorts & Needs<'tasks'>, id: ClusterId): Promise<Remaining[] | null> {
  return unlessUnreadable(async () => {
    const [network, { history }] = await Promise.all([
      ports.failoverSettings.findNetwork(),
      ports.histories.findNetwork(),
    ])
    const automatic = history.entries.filter(({ is_automatic }) => is_automatic)
    return remainingBeside(ports, id, { network: network.value, history, open: await openAmong(ports, automatic) })
  })
}

/** The same beside what was read of the network. @throws {GridError} `budget.unreadable` */
export async function remainingBeside(ports: ReadPorts, id: ClusterId, shared: SharedReading): Promise<Remaining[]> {
  const [{ value }, { history: cluster }] = await Promise.all([
    ports.failoverSettings.find(id),
    ports.histories.find(id),
  ])
  const history = { cluster, network: shared.history }
  return remainingOf({ ...shared, budgets: value.budgets, history, now: ports.clock.now() }, id)
}

/** What is unreadable of one cluster hides nothing of others. */
export async function unlessUnreadable<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof GridError && error.code === 'budget.unreadable') return null
    throw error
  }
}
