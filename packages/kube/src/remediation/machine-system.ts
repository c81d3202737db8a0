import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import type { EffectOutcome, InstanceOrder, InstanceTarget, InstanceView } from '@gridgate/core/repair/instances'
import type { KubeClient } from '../client.ts'
import { claim } from '../fence.ts'
import { describeReference, type KubernetesObject, referenceOf, textAt } from '../object.ts'
import { asking, ordering } from './provider-errors.ts'

/** What a repair asks of a cluster. */
export type RemedyClient = Pick<KubeClient, 'get' | 'page' | 'merge' | 'remove' | 'serves'>

/** The node whose machine is meant: of this name, and with this provider id. */
export type RemedyTarget = Pick<InstanceTarget, 'node_name'> & { readonly provider_id: string }

export interface RemedyOrder extends Omit<InstanceOrder, 'region'> {
  readonly fence: number
}

/** A system that keeps the machine of each node as an object of this cluster. */
export interface MachineSystem {
  readonly name: string
  /**
   * The machine of a node; null where it has ended. `node` is null where it is gone, or another one has its name.
   * @throws {GridError} `provider.unsupported`, `provider.refused` where this system is not asked for that node here
   */
  find(client: RemedyClient, target: RemedyTarget, node: KubernetesObject | null): Promise<KubernetesObject | null>
  /** Where the machine belongs, as the allow list of a cluster names it. */
  place(machine: KubernetesObject): string
  state(machine: KubernetesObject): InstanceView['state']
  group(machine: KubernetesObject): InstanceView['group']
  /** @throws {GridError} `provider.refused`, `provider.throttled` where another machine would not take its place */
  requireReplaceable(client: RemedyClient, machine: KubernetesObject): Promise<void>
  /** Orders that this very machine is replaced; repeated it changes nothing. */
  replace(client: RemedyClient, machine: KubernetesObject, action: string): Promise<EffectOutcome>
}

export interface RemedyParts {
  readonly client: RemedyClient
  readonly clock: Clock
  readonly allow: readonly string[]
}

/** The instances of nodes by a system of their own cluster, with the promises of `Instances` and `action.fenced`. */
export interface Remedy {
  describe(target: Pick<InstanceTarget, 'node_name' | 'provider_id'>): Promise<InstanceView>
  reboot(order: RemedyOrder): Promise<EffectOutcome>
  replace(order: RemedyOrder): Promise<EffectOutcome>
}

export const openRemedy = (system: MachineSystem, parts: RemedyParts): Remedy => ({
  async describe(target) {
    const { machine } = await asking(() => look(system, parts, target))
    return viewOf(system, machine, parts.clock.now().toISOString())
  },

  async reboot({ node_name }) {
    throw new GridError('provider.refused', `${system.name} does not reboot, it only replaces: node ${node_name}`)
  },

  async replace(order) {
    const { node, machine } = await asking(() => look(system, parts, order))
    // Machines have UIDs, so one that is not there any more was replaced before.
    if (machine?.metadata.uid !== order.instance_id || system.state(machine) === 'ending') return 'already'
    await asking(() => prepare(system, parts.client, { node, machine, fence: order.fence }))
    return ordering(() => system.replace(parts.client, machine, order.action))
  },
})

interface Sight {
  readonly node: KubernetesObject | null
  readonly machine: KubernetesObject | null
}

/** Finds the machine, and holds it against the allow list before anything else is told of it. */
async function look(
  system: MachineSystem,
  { client, allow }: RemedyParts,
  { node_name, provider_id }: Pick<InstanceTarget, 'node_name' | 'provider_id'>,
): Promise<Sight> {
  if (provider_id === null || provider_id === '')
    throw new GridError('provider.unsupported', `node ${node_name} has no provider id`)
  const named = await client.get({ apiVersion: 'v1', kind: 'Node', name: node_name })
  const node = textAt(named, 'spec', 'providerID') === provider_id ? named : null
  const machine = await system.find(client, { node_name, provider_id }, node)
  if (machine === null || allow.includes(system.place(machine))) return { node, machine }
  const said = describeReference(referenceOf(machine))
  throw new GridError('provider.not_allowed', `the allow list of the cluster does not hold what ${said} belongs to`)
}

/** All that has to hold before the order is given; only the fence is written. */
async function prepare(
  system: MachineSystem,
  client: RemedyClient,
  { node, machine, fence }: { node: KubernetesObject | null; machine: KubernetesObject; fence: number },
): Promise<void> {
  await system.requireReplaceable(client, machine)
  if (node !== null && (await claim(client, node, fence))) return
  const said = describeReference(referenceOf(machine))
  throw new GridError('provider.refused', `the node of ${said} is gone, which is for ${system.name} to see to`)
}

function viewOf(system: MachineSystem, machine: KubernetesObject | null, seenAt: string): InstanceView {
  if (machine === null) return { instance_id: null, state: 'gone', group: null, started_at: null, seen_at: seenAt }
  return {
    instance_id: machine.metadata.uid ?? null,
    state: system.state(machine),
    group: system.group(machine),
    started_at: machine.metadata.creationTimestamp ?? null,
    seen_at: seenAt,
  }
}
