import { GridError } from '@gridgate/core/errors'
import type { InstanceOrder, InstanceProviders, Instances } from '@gridgate/core/repair/instances'
import { type ScriptedInstances, scriptedInstances } from '../scripted-instances.ts'
import type { ScriptedPool } from '../scripted-pool.ts'
import { type Carelessness, nobody, type SimulatedCluster } from './simulated-cluster.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

/** Longest that an order is under way, in ms, and how often what was ordered shows at all. */
const dawdleMsMax = 10_000
const comesBackShare = 0.9

type Repair = 'reboot' | 'replace'

interface Provided {
  cluster: SimulatedCluster
  pool: ScriptedPool
  instances: ScriptedInstances
}

/** The provider of all instances, which refuses orders and loses answers; what it really did is an effect on the cluster. */
export function simulatedInstances(
  clusters: readonly SimulatedCluster[],
  time: VirtualTime,
  weather: Weather,
  careless: Carelessness | null,
): InstanceProviders {
  const right = { now: () => new Date(time.iso()) }
  const all = clusters.flatMap((cluster) =>
    cluster.pools.map((pool): Provided => ({ cluster, pool, instances: scriptedInstances(pool, right) })),
  )
  const providerOf = (node: string): Provided => {
    const found = all.find(({ pool }) => node.startsWith(`${pool.pool}-`))
    if (!found) throw new GridError('provider.refused', `no instance of ${node}`)
    return found
  }
  const order = async (effect: Repair, asked: InstanceOrder, key: string): ReturnType<Instances[Repair]> => {
    await weather.dawdle(dawdleMsMax)
    const provided = providerOf(asked.node_name)
    const fault = weather.strikes('controllerFaults')
    if (fault === 'before') throw refusal(weather)
    provided.instances.comesBack = weather.random.chance(comesBackShare)
    const next = fault === null ? 'accepted' : weather.random.pick(['lost', 'dropped'] as const)
    provided.instances.next = [next]
    try {
      return await send(provided, effect, asked, key)
    } catch (error) {
      if (careless === 'uids' && next === 'lost') return sendAgain(provided, effect, asked, key)
      throw error
    } finally {
      await weather.dawdle(dawdleMsMax)
    }
  }
  return {
    open: () => ({
      async describe(target) {
        await weather.dawdle(dawdleMsMax)
        if (weather.strikes('controllerFaults') !== null) throw refusal(weather)
        return providerOf(target.node_name).instances.open([]).describe(target)
      },
      reboot: (asked, key) => order('reboot', asked, key),
      replace: (asked, key) => order('replace', asked, key),
    }),
  }
}

/** After each of these nothing was done. */
const refusal = ({ random }: Weather): GridError =>
  new GridError(random.pick(['provider.throttled', 'provider.unreachable', 'provider.refused'] as const), 'made up')

async function send(
  { cluster, pool, instances }: Provided,
  effect: Repair,
  asked: InstanceOrder,
  key: string,
): ReturnType<Instances[Repair]> {
  const before = instances.done.length
  try {
    return await instances.open([])[effect](asked, key)
  } finally {
    if (instances.done.length > before)
      cluster.note({
        pool: pool.pool,
        kind: effect,
        on: asked.node_name,
        action: asked.action,
        fence: 0,
        holder: nobody,
      })
  }
}

/** As nobody should: the same order once more under another key, to whatever instance is there by now. */
async function sendAgain(
  provided: Provided,
  effect: Repair,
  asked: InstanceOrder,
  key: string,
): ReturnType<Instances[Repair]> {
  const { instance_id } = await provided.instances.open([]).describe(asked)
  return send(provided, effect, { ...asked, instance_id: instance_id ?? '' }, `${key}-again`)
}
