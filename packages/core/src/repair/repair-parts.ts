import type { StoredAction } from '../action/action-store.ts'
import { ActionMemo, type ActionWork } from '../action/action-work.ts'
import { surveyTarget } from '../action/controller-failover.ts'
import { actorOf, type StepPorts } from '../action/step-parts.ts'
import type { Survey, SurveyNode } from '../action/survey.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { StoredTask } from '../task/task-store.ts'
import { instancesOf } from './controller-instances.ts'
import type { InstanceOrder, Instances, InstanceTarget } from './instances.ts'
import type { RepairBefore } from './judge-repair.ts'

export type Repair = 'reboot' | 'replace'

/** The pool as it is now; empty while none of its nodes is registered. */
export async function poolNow(
  ports: StepPorts,
  stored: StoredCluster,
  { order, record }: StoredAction,
): Promise<SurveyNode[]> {
  const asked = { ...order, node_pool: record.node_pool, node_name: null, jobset_name: null }
  try {
    return (await surveyTarget(ports, stored, asked, record.plan.pool_label)).nodes
  } catch (error) {
    if (error instanceof GridError && error.code === 'pool.not_found') return []
    throw error
  }
}

/** The node and its pool just before an order; a node that is gone stays as it was last seen. */
export async function lookAgain(
  ports: StepPorts,
  { stored, action }: { stored: StoredCluster; action: StoredAction },
  before: RepairBefore,
): Promise<RepairBefore> {
  const nodes = await poolNow(ports, stored, action)
  const node = nodes.find(({ uid }) => uid === before.uid)
  return { ...before, boot_id: node?.boot_id ?? before.boot_id, newest_at: newestOf(nodes) ?? before.newest_at }
}

/** What is to be remembered of a node and its pool before it is repaired. */
export function repairBefore({ nodes, expected_nodes: expected, is_atomic }: Survey, uid: string): RepairBefore | null {
  const node = nodes.find((one) => one.uid === uid)
  if (!node) return null
  const { name, provider_id, region, boot_id } = node
  // The node itself may have lost some: what another of its pool has, it should have.
  const accelerators = Math.max(...nodes.map((one) => one.accelerators))
  const expected_nodes = 'count' in expected ? Math.max(expected.count, 1) : nodes.length
  return {
    name,
    uid,
    provider_id,
    region,
    boot_id,
    accelerators,
    newest_at: newestOf(nodes),
    expected_nodes,
    is_atomic,
  }
}

const newestOf = (nodes: readonly SurveyNode[]): string | null =>
  nodes.reduce<string | null>(
    (newest, { created_at }) => (created_at !== null && created_at > (newest ?? '') ? created_at : newest),
    null,
  )

/** The providers as the cluster's settings name them now. */
export async function openInstances(
  ports: Needs<'clusters' | 'controllers' | 'failoverSettings' | 'instances'>,
  work: ActionWork,
  task: StoredTask,
): Promise<Instances> {
  const { value } = await ports.failoverSettings.find(work.clusterId)
  return instancesOf(ports, await readCluster(ports, work.clusterId), value.providers, actorOf(work, task).fence)
}

export function beforeOf({ memo }: StoredTask): RepairBefore {
  const { before } = ActionMemo.parse(memo)
  if (!before) throw new TypeError('the action repairs no node')
  return before
}

export const targetOf = ({ taskId }: ActionWork, { name, provider_id, region }: RepairBefore): InstanceTarget => ({
  ...{ node_name: name, provider_id, region },
  action: taskId,
})

export function orderOf(work: ActionWork, before: RepairBefore, { memo }: StoredTask): InstanceOrder {
  const { instance } = ActionMemo.parse(memo)
  return { ...targetOf(work, before), instance_id: instance?.instance_id ?? '' }
}

export function repairIn({ rungs: [first] }: ActionWork): Repair {
  if (first === 'reboot' || first === 'replace') return first
  throw new TypeError('the ladder has no repair next')
}

/** Such as `VerifyReboot`: each step of a ladder has its own time. */
export const nameOf = (what: string, effect: Repair): string =>
  `${what}${effect === 'reboot' ? 'Reboot' : 'Replacement'}`
