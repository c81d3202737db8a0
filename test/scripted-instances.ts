import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import type { InstanceOrder, InstanceProviders, InstanceView } from '@gridgate/core/repair/instances'
import type { ScriptedPool } from './scripted-pool.ts'

/** What an order answers: as it is, unclear after it was done, unclear and not done, or an error before anything is done. */
export type Scripted = 'accepted' | 'lost' | 'dropped' | GridError

/** A provider whose instances are the nodes of a scripted pool, for tests of who calls it. */
export interface ScriptedInstances extends InstanceProviders {
  /** What was really done: `replace i-n1`. */
  done: string[]
  /** What each order answers next; without one it is accepted. */
  next: Scripted[]
  /** Whether what was ordered shows: a new node, another boot. */
  comesBack: boolean
}

export function scriptedInstances(pool: ScriptedPool, clock: Clock): ScriptedInstances {
  const instances = new Map<string, string>()
  const idOf = (node: string): string => instances.get(node) ?? `i-${node}`
  const order = (effect: 'reboot' | 'replace', { node_name, instance_id }: InstanceOrder) => {
    const next = scripted.next.shift() ?? 'accepted'
    if (next instanceof GridError) throw next
    if (instance_id !== idOf(node_name)) throw new GridError('provider.refused', 'the node has another instance')
    if (next !== 'dropped') {
      scripted.done.push(`${effect} ${instance_id}`)
      if (effect === 'replace') instances.set(node_name, `${instance_id}+`)
      if (scripted.comesBack) comeBack(pool, effect, node_name, clock)
    }
    if (next !== 'accepted') throw new GridError('provider.unclear', 'the answer was lost')
    return 'accepted' as const
  }
  const scripted: ScriptedInstances = {
    ...{ done: [], next: [], comesBack: true },
    open: () => ({
      describe: async ({ node_name }) => viewOf(idOf(node_name), clock),
      reboot: async (asked) => order('reboot', asked),
      replace: async (asked) => order('replace', asked),
    }),
  }
  return scripted
}

const viewOf = (instance_id: string, clock: Clock): InstanceView => ({
  instance_id,
  ...{ state: 'running', group: null, started_at: null },
  seen_at: clock.now().toISOString(),
})

/** As Kubernetes shows it: a reboot has another boot id, a replacement registers as another node. */
function comeBack(pool: ScriptedPool, effect: 'reboot' | 'replace', name: string, clock: Clock): void {
  const node = pool.nodes.find((one) => one.name === name)
  if (!node) return
  if (effect === 'reboot') {
    node.boot_id = `${node.boot_id}+`
    return
  }
  pool.nodes = pool.nodes.filter((one) => one !== node)
  pool.add(`${name}-new`, { created_at: clock.now().toISOString(), boot_id: `${node.boot_id}+` })
}
