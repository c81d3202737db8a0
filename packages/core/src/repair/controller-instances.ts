import { z } from 'zod'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { ask } from '../node/controller-nodes.ts'
import type { Needs } from '../ports.ts'
import { chooseByController } from './choose-provider.ts'
import {
  EffectOutcome,
  type InstanceOrder,
  type InstanceProviders,
  type Instances,
  type InstanceTarget,
  InstanceView,
} from './instances.ts'
import type { ControllerProvider, ProviderEntry } from './provider-settings.ts'

/** Longest wait for a controller that looks through all machines of its cluster, in ms. */
const answerTimeoutMs = 25_000

const Ordered = z.object({ outcome: EffectOutcome })

type Ports = Needs<'controllers'>

/**
 * Who is asked for the instances of a cluster: the first entry of its settings that serves a node. Karpenter and Cluster API
 * serve any node, asked by the cluster's controller; the others those of their own kind, and where none serves, the
 * providers decide. `fence` is the action's number (spec/decisions.md 35): an order may fail with `action.fenced`, too.
 */
export function instancesOf(
  ports: Ports & { instances: InstanceProviders },
  stored: StoredCluster,
  entries: readonly ProviderEntry[],
  fence: number,
): Instances {
  const of = ({ provider_id }: InstanceTarget): Instances => {
    const entry = chooseByController(entries, provider_id)
    return entry ? controllerInstances(ports, stored, entry, fence) : ports.instances.open(entries)
  }
  return {
    describe: async (target) => of(target).describe(target),
    reboot: async (order, key) => of(order).reboot(order, key),
    replace: async (order, key) => of(order).replace(order, key),
  }
}

/** The machines of one cluster, through its controller. An order needs no key: it names a machine that no other follows. */
function controllerInstances(
  ports: Ports,
  stored: StoredCluster,
  { kind, allow }: ControllerProvider,
  fence: number,
): Instances {
  const send = <Answer>(
    what: 'describe' | 'reboot' | 'replace',
    { node_name, provider_id, action, ...order }: InstanceTarget | InstanceOrder,
    shape: z.ZodType<Answer>,
  ): Promise<Answer> => {
    const instance_id = 'instance_id' in order ? order.instance_id : null
    const body: JsonObject = { do: what, kind, allow, action, fence, node_name, provider_id, instance_id }
    const call = { method: 'POST', path: '/failover/instance', body, timeoutMs: answerTimeoutMs } as const
    return ask(ports, stored, call, shape).catch((error: unknown) => {
      throw translated(error, what !== 'describe')
    })
  }
  return {
    describe: (target) => send('describe', target, InstanceView),
    reboot: async (order) => (await send('reboot', order, Ordered)).outcome,
    replace: async (order) => (await send('replace', order, Ordered)).outcome,
  }
}

/** A controller that was not reached may have got the order all the same: which, nobody can tell from here. */
function translated(error: unknown, changes: boolean): unknown {
  if (!(error instanceof GridError) || error.code.startsWith('provider.') || error.code === 'action.fenced')
    return error
  const cause = { cause: error }
  switch (error.code) {
    case 'cluster.no_controller':
      return new GridError('provider.unconfigured', error.message, cause)
    case 'route.not_found':
      return new GridError('provider.unsupported', 'the controller of the cluster is too old to be asked', cause)
    case 'address.refused':
    case 'request.invalid':
      return new GridError('provider.refused', error.message, cause)
    default:
      return changes
        ? new GridError('provider.unclear', `whether it was done is not known: ${error.message}`, cause)
        : new GridError('provider.unreachable', error.message, cause)
  }
}
