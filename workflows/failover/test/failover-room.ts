import type { ActionNode, ActionRecord } from '@gridgate/core/action/action'
import type { StoredAction } from '@gridgate/core/action/action-store'
import { type ActionBody, parseOrder } from '@gridgate/core/action/parse-order'
import { describeAction } from '@gridgate/core/action/read-action'
import { requestAction } from '@gridgate/core/action/request-action'
import type { Asker } from '@gridgate/core/cluster/guard-document'
import type { FailoverChange } from '@gridgate/core/failover/settings'
import { withChange } from '@gridgate/core/failover/settings'
import type { Json } from '@gridgate/core/json'
import type { Ports } from '@gridgate/core/ports'
import type { InstanceOrder, Instances } from '@gridgate/core/repair/instances'
import { enrolController } from '../../../test/scripted-controllers.ts'
import { type ScriptedInstances, scriptedInstances } from '../../../test/scripted-instances.ts'
import { jobSetOn, type ScriptedPool, scriptedPool } from '../../../test/scripted-pool.ts'
import type { Around } from '../../../test/world.ts'
import { caller, clusterId, type InfraWorld, infraWorld } from '../../create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../../create-cluster-infra/test/living-cluster.ts'

/** An action that is over, with the nodes it touched. */
export interface Ended extends ActionRecord {
  nodes: ActionNode[]
}

/** A pool of three nodes with a JobSet on it, and what a person does to it: the real definition, steps and stores. */
export interface FailoverRoom {
  w: InfraWorld
  pool: ScriptedPool
  instances: ScriptedInstances
  start(body: ActionBody, by?: Asker): Promise<StoredAction>
  finish(action: StoredAction): Promise<Ended>
  run(body: ActionBody, by?: Asker): Promise<Ended>
  change(settings: FailoverChange): Promise<void>
  /** Of each node: `schedulable`, or whose mark its cordon carries. */
  marks(): (string | null)[]
  /** Holders of the locks on the pool and on the JobSet. */
  holders(): Promise<unknown[]>
}

export const asker: Asker = { caller, requestId: 'r1' }

/** @param given further parts of its world @param store what stands between them and the store */
export async function failoverRoom(given: Partial<Ports> = {}, store?: Around): Promise<FailoverRoom> {
  const pool = scriptedPool()
  const lazily = { now: () => w.ports.clock.now() }
  const instances = scriptedInstances(pool, lazily)
  // What a cluster's own controller is asked of its machines, the scripted provider answers.
  const { call } = pool
  pool.call = async (stored, asked) => {
    if (asked.path !== '/failover/instance') return call(stored, asked)
    const { do: what, ...order } = asked.body as unknown as InstanceOrder & { do: keyof Instances }
    pool.calls.push(what)
    const said = await instances.open([])[what](order, '')
    return (typeof said === 'string' ? { outcome: said } : said) as unknown as Json
  }
  const w = await infraWorld({
    open: () => new LivingCluster(),
    ports: { controllers: pool, instances, ...given },
    ...(store ? { store } : {}),
  })
  for (const name of ['n1', 'n2', 'n3'])
    pool.add(name, { boot_id: `boot-${name}`, created_at: '2020-01-01T00:00:00Z', region: 'eu' })
  jobSetOn(pool)
  await enrolController(w.ports.clusters, clusterId)
  let nextId = 0
  const room: FailoverRoom = {
    ...{ w, pool, instances },
    start: (body, by = asker) =>
      requestAction(
        w.ports,
        parseOrder(body, () => `action-${++nextId}`),
        by,
        null,
      ),
    async finish({ record }) {
      await w.finish(record.task_id ?? '')
      const action = await w.ports.actions.find(record.id)
      if (!action) throw new Error(`no action ${record.id}`)
      const { items } = await w.ports.actions.listNodes(action, { after: null, limit: 100 })
      return { ...(await describeAction(w.ports, action)), nodes: items }
    },
    run: async (body, by) => room.finish(await room.start(body, by)),
    async change(settings) {
      const { value, version } = await w.ports.failoverSettings.find(clusterId)
      await w.ports.failoverSettings.replace(clusterId, withChange(value, settings), version)
    },
    marks: () => pool.nodes.map(({ unschedulable, cordoned_by }) => (unschedulable ? cordoned_by : 'schedulable')),
    holders: async () => [
      await w.ports.tasks.holder({ name: 'pool#pool-a', on: clusterId }),
      await w.ports.tasks.holder({ name: 'jobset#default/train', on: clusterId }),
    ],
  }
  return room
}

/** The same with a provider that may repair the nodes of the pool. */
export async function repairRoom(): Promise<FailoverRoom> {
  const room = await failoverRoom()
  await room.change({
    providers: [
      {
        kind: 'gce',
        workload_identity: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws1',
        allow: ['p-1'],
      },
    ],
  })
  for (const node of room.pool.nodes) node.provider_id = `gce://p-1/z-1/${node.name}`
  return room
}

/** The repair of its second node. */
export const repair = {
  ...{ requestor: 'me', reason: 'ECC errors', type: 'cordon_and_repair_nodepool', node_pool: 'pool-a' },
  node_name: 'n2',
} as ActionBody
export const byLadder = (...ladder: string[]): ActionBody => ({ ...repair, ladder })
