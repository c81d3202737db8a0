import { z } from 'zod'

/** Longest window that a budget of a cluster may count over, in seconds: as long as its history is kept. */
export const clusterWindowSecondsMax = 7 * 86_400
/** The same for the network, which is shared by all clusters and so kept shorter. */
export const networkWindowSecondsMax = 6 * 3600

/** Longest pause between two actions, in seconds. */
export const cooldownSecondsMax = 86_400

const HOUR = 3600
const DAY = 86_400
const timesMax = 1000
const nodesMax = 100_000

const rateWithin = (secondsMax: number) =>
  z
    .strictObject({ max: z.int().min(0).max(timesMax), seconds: z.int().min(1).max(secondsMax) })
    .describe('so many in any stretch of so many seconds')
const ClusterRate = rateWithin(clusterWindowSecondsMax)
const NetworkRate = rateWithin(networkWindowSecondsMax)

/** So many in any stretch of so many seconds. */
export type Rate = z.infer<typeof ClusterRate>

const Percent = z.number().min(0).max(100)
const Nodes = z.int().min(0).max(nodesMax)

const explicit = {
  unavailable_percent_max: Percent.nullable().describe('of the nodes of the pool and of the cluster; null: no limit'),
  unavailable_count_max: Nodes.nullable().describe('nodes, beside the percentage; null: no limit'),
  repairs_per_pool: ClusterRate,
  repairs_per_cluster: ClusterRate,
  attempts_per_node: ClusterRate.describe('repairs of one node; after that a person is needed'),
  attempts_per_pool: ClusterRate.describe(
    'repairs in one pool, whose nodes change their names; after that a person is needed',
  ),
  cooldown_seconds: z.int().min(0).max(cooldownSecondsMax).describe('between two actions of one type on one pool'),
}
const automatic = {
  ...explicit,
  pools_in_flight_max: z.int().min(0).max(timesMax).describe('pools that alarms work on at once in the cluster'),
}
const network = {
  repairs: NetworkRate,
  clusters_in_flight_max: z.int().min(0).max(timesMax).describe('clusters that alarms work on at once'),
  breaker: z
    .strictObject({ percent_max: Percent, seconds: z.int().min(1).max(networkWindowSecondsMax) })
    .describe(
      "above so much of the network's accelerator nodes cordoned in so many seconds, everything automatic stops",
    ),
}

/** What one cluster may lose to failover, by who asks (spec/decisions.md 34): a person or a program, or an alarm. */
export const ClusterBudgets = z.object({ explicit: z.object(explicit), automatic: z.object(automatic) })
export type ClusterBudgets = z.infer<typeof ClusterBudgets>
export type Budget = ClusterBudgets['explicit']

/** What is named is changed, the rest stays. */
export const ClusterBudgetsChange = z.strictObject({
  explicit: z.strictObject(explicit).partial().optional(),
  automatic: z.strictObject(automatic).partial().optional(),
})

/** What all clusters together may lose to alarms. */
export const NetworkBudgets = z.object(network)
export type NetworkBudgets = z.infer<typeof NetworkBudgets>
export const NetworkBudgetsChange = z.strictObject(network).partial()

/** The table of spec/decisions.md 34. */
export const clusterBudgetsDefault: ClusterBudgets = {
  explicit: {
    unavailable_percent_max: null,
    unavailable_count_max: null,
    repairs_per_pool: { max: 1, seconds: HOUR },
    repairs_per_cluster: { max: 4, seconds: HOUR },
    attempts_per_node: { max: 2, seconds: DAY },
    attempts_per_pool: { max: 2, seconds: DAY },
    cooldown_seconds: 0,
  },
  automatic: {
    unavailable_percent_max: 20,
    unavailable_count_max: null,
    repairs_per_pool: { max: 1, seconds: 6 * HOUR },
    repairs_per_cluster: { max: 2, seconds: HOUR },
    attempts_per_node: { max: 1, seconds: DAY },
    attempts_per_pool: { max: 1, seconds: DAY },
    cooldown_seconds: 0,
    pools_in_flight_max: 1,
  },
}

export const networkBudgetsDefault: NetworkBudgets = {
  repairs: { max: 6, seconds: HOUR },
  clusters_in_flight_max: 2,
  breaker: { percent_max: 10, seconds: 300 },
}

/** Names of the budgets of which the second allows more than the first, such as `automatic.repairs_per_pool`. */
export function raisedBudgets(before: ClusterBudgets, after: ClusterBudgets): string[] {
  return (['explicit', 'automatic'] as const).flatMap((whose) => {
    const values: Readonly<Record<string, Value>> = before[whose]
    return Object.entries<Value>(after[whose]).flatMap(([name, value]) =>
      allowsMore(name, values[name] ?? null, value) ? [`${whose}.${name}`] : [],
    )
  })
}

type Value = number | null | Rate

function allowsMore(name: string, before: Value, after: Value): boolean {
  if (isRate(before) && isRate(after)) return after.max > before.max || after.seconds < before.seconds
  if (isRate(before) || isRate(after)) return true
  if (name === 'cooldown_seconds') return (after ?? 0) < (before ?? 0)
  return (after ?? Infinity) > (before ?? Infinity)
}

const isRate = (value: Value): value is Rate => typeof value === 'object' && value !== null
