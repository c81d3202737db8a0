import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import type { ControllerClient } from '@gridgate/core/controller/controller-client'
import { GridError } from '@gridgate/core/errors'
import type { FailoverSettings } from '@gridgate/core/failover/settings'
import type { Ports } from '@gridgate/core/ports'
import { enrolController } from '../scripted-controllers.ts'
import type { Random } from './random.ts'
import { type Carelessness, SimulatedCluster } from './simulated-cluster.ts'
import type { VirtualTime } from './virtual-time.ts'
import { controllerFailure, type Weather } from './weather.ts'

/** Longest that a question to a controller, or its answer, is under way, in ms. */
const dawdleMsMax = 8_000

const ids = ['west-1', 'east-1', 'north-1'].map((id) => ClusterId.parse(id))

/** Clusters that a seed makes up, each with some pools, and JobSets on most of them. */
export function makeClusters(
  random: Random,
  time: VirtualTime,
  weather: Weather,
  careless: Carelessness | null,
): SimulatedCluster[] {
  return ids.slice(0, random.between(1, ids.length)).map((id) => {
    const cluster = new SimulatedCluster(id, time, weather, careless)
    for (let at = 1; at <= random.between(1, 3); at++) {
      const pool = cluster.addPool(`${id}-p${at}`, random.pick([1, 1, 2, 3, 5]), random.chance(0.3))
      if (random.chance(0.7)) cluster.addJobSet(pool, `${id}-job${at}`)
    }
    cluster.spareNodes = random.pick([0, 10, 40])
    return cluster
  })
}

/** Every cluster's controller, at the far end of a network that delays, and loses questions and answers. */
export const controllersOf = (clusters: readonly SimulatedCluster[], weather: Weather): ControllerClient => ({
  async call(stored, call) {
    const cluster = clusters.find(({ id }) => id === stored.cluster.id)
    if (!cluster) throw new GridError('controller.unreachable', `no cluster ${stored.cluster.id}`)
    await weather.dawdle(dawdleMsMax)
    const fault = weather.strikes('controllerFaults')
    if (fault === 'before') throw controllerFailure(weather.random, fault)
    const said = await cluster.call(stored, call)
    await weather.dawdle(dawdleMsMax)
    if (fault === 'after') throw controllerFailure(weather.random, fault)
    return said
  },
})

/** Registers the clusters, with settings and rules that the seed makes up. */
export async function register(ports: Ports, clusters: readonly SimulatedCluster[], random: Random): Promise<void> {
  for (const cluster of clusters) {
    await ports.clusters.create(Cluster.parse({ id: cluster.id, regionId: 'eu', nodes: { count: 0 } }))
    await enrolController(ports.clusters, cluster.id)
    const { value, version } = await ports.failoverSettings.find(cluster.id)
    await ports.failoverSettings.replace(cluster.id, settingsFrom(value, random), version)
    for (const rule of rulesOf(cluster, random)) await ports.failoverRules.create(rule)
  }
  const { value, version } = await ports.failoverSettings.findNetwork()
  const budgets = {
    ...value.budgets,
    clusters_in_flight_max: random.between(1, 2),
    breaker: { percent_max: random.pick([10, 50, 100, 100]), seconds: 300 },
  }
  await ports.failoverSettings.replaceNetwork({ ...value, budgets }, version)
}

/** Serves the provider ids of the scripted pools. */
const provider: FailoverSettings['providers'][number] = {
  kind: 'gce',
  workload_identity: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws1',
  allow: ['p'],
}

function settingsFrom(settings: FailoverSettings, random: Random): FailoverSettings {
  const { explicit, automatic } = settings.budgets
  return {
    ...settings,
    mode: random.chance(0.9) ? 'act' : 'observe',
    uncordon_when_verified: random.pick([null, true, false]),
    providers: [provider],
    budgets: {
      explicit: { ...explicit, cooldown_seconds: random.pick([0, 0, 900]) },
      automatic: {
        ...automatic,
        unavailable_percent_max: random.pick([20, 50, 100]),
        cooldown_seconds: random.pick([0, 0, 1800]),
        pools_in_flight_max: random.between(1, 2),
      },
    },
  }
}

/** One rule for each pool: it repairs, restarts the JobSet with or without its pool, or cordons. */
export function rulesOf({ id, pools, jobsets }: SimulatedCluster, random: Random): FailoverRule[] {
  return pools.map((pool) => {
    const jobset_name = jobsets.find(({ home }) => home === pool)?.jobset.name
    const restarts = jobset_name !== undefined && random.chance(0.6)
    const repairs = random.pick(['cordon_and_repair_nodepool', 'repair_nodepool', 'cordon_nodepool'])
    const needsPool = !restarts || random.chance(0.6)
    return FailoverRule.parse({
      ...{ name: `rule-${pool.pool}`, match: { alarm_name: `${pool.pool}-*` }, cluster_id: id },
      ...(needsPool ? { node_pool: pool.pool } : {}),
      ...(jobset_name === undefined ? {} : { jobset_name }),
      type: restarts ? 'cordon_nodepool_and_restart_jobset' : repairs,
      mode: random.chance(0.95) ? 'act' : 'observe',
      ...(random.chance(0.3) ? { for_seconds: random.between(10, 120) } : {}),
    })
  })
}
