import type { ActionRecord } from '@gridgate/core/action/action'
import type { StoredAction } from '@gridgate/core/action/action-store'
import type { Ports } from '@gridgate/core/ports'
import type { SimulatedCluster } from './simulated-cluster.ts'

/**
 * What the table of budgets says (spec/decisions.md 34), counted anew from what clusters and the API's readers see; nothing of
 * the product's own counting is used.
 */

/** How far the time of a record may be from the time that the product judged by, in ms. */
const slackMs = 60_000

/** An action that was begun, with what it was to cordon. */
export interface Begun {
  record: StoredAction['record']
  cordons: number
  /** Whether an instance was rebooted or replaced. */
  repairs: boolean
  /** How many breakers had been reset when it began. */
  resumes: number
}

export const isAutomatic = ({ identity }: Pick<ActionRecord, 'identity'>): boolean => identity.startsWith('rule:')

/** Most nodes that may be out after an automatic action: a share, but always one unit of a small or atomic pool. */
function mayBeOut(percent: number | null, total: number, unit: number): number {
  return percent === null ? total : Math.max(Math.floor((percent * total) / 100), unit)
}

/** Why a pool, or its cluster, has lost more nodes to marks that count than an alarm may take; null when it has not. */
export function percentExceeded(
  cluster: SimulatedCluster,
  poolName: string,
  percent: number | null,
  counts: (mark: string | null) => boolean,
): string | null {
  const pool = cluster.pools.find((one) => one.pool === poolName)
  if (!pool) return `no pool ${poolName}`
  const isAtomic = pool.seen.is_atomic === true
  const lost = (nodes: SimulatedCluster['nodes']): number =>
    nodes.filter((node) => node.unschedulable && counts(node.cordoned_by)).length
  const rows = [
    { scope: poolName, total: pool.nodes.length, out: lost(pool.nodes) },
    { scope: cluster.id, total: cluster.nodes.length + cluster.spareNodes, out: lost(cluster.nodes) },
  ]
  const over = rows.find(({ total, out }) => {
    const unit = isAtomic ? pool.nodes.length : total <= 4 ? 1 : 0
    return out > mayBeOut(percent, total, unit)
  })
  return over ? `${over.out} of ${over.total} nodes of ${over.scope} are cordoned, ${percent} % may be` : null
}

/** Actions of one type on one target that follow each other too fast, by the gateway's clock. */
export async function cooldownsBroken({ failoverSettings }: Ports, begun: readonly Begun[]): Promise<string[]> {
  const broken: string[] = []
  for (const [index, { record }] of begun.entries()) {
    const { budgets } = (await failoverSettings.find(record.cluster_id)).value
    const seconds = (isAutomatic(record) ? budgets.automatic : budgets.explicit).cooldown_seconds
    for (const { record: earlier } of begun.slice(0, index))
      if (isSameWork(earlier, record) && gapMs(earlier, record) < seconds * 1000 - slackMs)
        broken.push(
          `${record.id} came ${gapMs(earlier, record) / 1000} s after ${earlier.id}, ${seconds} s are to lie between`,
        )
  }
  return broken
}

const isSameWork = (one: Begun['record'], other: Begun['record']): boolean =>
  one.cluster_id === other.cluster_id &&
  one.type === other.type &&
  one.plan.pool === other.plan.pool &&
  (one.plan.pool !== null || one.plan.jobset?.name === other.plan.jobset?.name)

/** By the gateway's clock, which may have been set back in between. */
const gapMs = (earlier: Begun['record'], later: Begun['record']): number =>
  Math.max(0, Date.parse(later.created_at) - Date.parse(earlier.created_at))

/** Automatic actions that began although so much had been cordoned shortly before that everything was to stand still. */
export async function breakersPassed(
  { failoverSettings }: Ports,
  begun: readonly Begun[],
  nodesTotal: number,
): Promise<string[]> {
  const { percent_max: percent, seconds } = (await failoverSettings.findNetwork()).value.budgets.breaker
  const limit = Math.floor((percent * nodesTotal) / 100)
  return begun.flatMap((one, index) => {
    if (!isAutomatic(one.record) || one.cordons === 0) return []
    const earlier = begun
      .slice(0, index)
      .filter(({ record, resumes }) => resumes === one.resumes && gapMs(record, one.record) < seconds * 1000 - slackMs)
    const used = earlier.reduce((sum, { cordons }) => sum + cordons, 0)
    if (used === 0 || used + one.cordons <= limit) return []
    return [`${one.record.id} cordons ${one.cordons} after ${used} in ${seconds} s, ${limit} of ${nodesTotal} may be`]
  })
}

/** Repairs above what a pool, a cluster or the network may have in a stretch of time. */
export async function repairsExceeded({ failoverSettings }: Ports, begun: readonly Begun[]): Promise<string[]> {
  const exceeded: string[] = []
  const network = (await failoverSettings.findNetwork()).value.budgets.repairs
  const all = begun.filter(({ repairs }) => repairs)
  for (const [index, { record }] of all.entries()) {
    const { budgets } = (await failoverSettings.find(record.cluster_id)).value
    const budget = isAutomatic(record) ? budgets.automatic : budgets.explicit
    const inCluster = all.slice(0, index).filter((one) => one.record.cluster_id === record.cluster_id)
    const inPool = inCluster.filter((one) => one.record.plan.pool === record.plan.pool)
    const rows = [
      { of: 'its pool', rate: budget.repairs_per_pool, earlier: inPool },
      { of: 'its cluster', rate: budget.repairs_per_cluster, earlier: inCluster },
      ...(isAutomatic(record) ? [{ of: 'the network', rate: network, earlier: all.slice(0, index) }] : []),
    ]
    for (const { of, rate, earlier } of rows) {
      const counted = earlier.filter((one) => gapMs(one.record, record) < rate.seconds * 1000 - slackMs)
      if (counted.length + 1 > rate.max)
        exceeded.push(`${record.id} is repair ${counted.length + 1} of ${of} in ${rate.seconds} s, ${rate.max} may be`)
    }
  }
  return exceeded
}
