import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { Asker } from '../cluster/guard-document.ts'
import type { FailoverMode, FailoverSettings } from '../failover/settings.ts'
import { repairBefore } from '../repair/repair-parts.ts'
import { newTask } from '../task/start-task.ts'
import type { TaskId } from '../task/task.ts'
import type { Lock } from '../task/task-store.ts'
import {
  type ActionNode,
  type ActionOrder,
  type ActionPlan,
  type ActionRecord,
  type Check,
  effectsOf,
  repairsOf,
} from './action.ts'
import type { ActionTask, StoredAction } from './action-store.ts'
import type { ActionMemo, ActionWork } from './action-work.ts'
import { poolLock } from './pool-labels.ts'
import type { Survey } from './survey.ts'

/** An action that is about to begin, with all that it was decided on. */
export interface Draft {
  order: ActionOrder
  asker: Asker
  /** The mode of the rule that an alarm met; null where somebody asks explicitly. */
  alarm: { mode: FailoverMode } | null
  stored: StoredCluster
  settings: FailoverSettings
  survey: Survey
  plan: ActionPlan
  checks: readonly Check[]
  taskId: TaskId
  /** The refused one whose place it takes. */
  before: StoredAction | null
}

/** `force` is a network admin's word; from others it means nothing (spec/failover.md §16.7). */
export const isForced = ({ order, asker }: Pick<Draft, 'order' | 'asker'>): boolean =>
  order.force && asker.caller.role === 'network-admin'

type Verdict = Pick<ActionRecord, 'state' | 'code' | 'error'> & { taskId: TaskId | null }

/** The action as it is put first. */
export function newAction(draft: Draft, { taskId, ...verdict }: Verdict, now: Date): StoredAction {
  const { order, asker, stored, survey, plan, checks, alarm, before } = draft
  const { id, type, namespace, node_name, jobset_name, requestor, reason, dry_run } = order
  const { nodes: _, ...outline } = plan
  return {
    record: {
      ...{ id, type, namespace, node_name, jobset_name, requestor, reason, dry_run },
      ...verdict,
      cluster_id: stored.cluster.id,
      node_pool: survey.pool,
      identity: asker.caller.id,
      plan: outline,
      checks: [...checks],
      task_id: taskId,
      created_at: now.toISOString(),
      updated_at: now.toISOString(),
    },
    order,
    isAutomatic: alarm !== null,
    isForced: isForced(draft),
    version: (before?.version ?? 0) + 1,
  }
}

/** The nodes of the plan, and the one to repair, as they are before. */
export function nodesOf({ plan, survey }: Pick<Draft, 'plan' | 'survey'>): ActionNode[] {
  const names = new Set([...plan.nodes.map(({ name }) => name), plan.instance?.node_name])
  return survey.nodes
    .filter(({ name }) => names.has(name))
    .map(({ name, uid, provider_id, unschedulable, cordoned_by, ready }) => ({
      ...{ name, uid, provider_id, after: null },
      before: { unschedulable, cordoned_by, ready },
    }))
}

/** The task that does the work, with the locks of decision 35: one action on a pool, one on a JobSet. */
export function workOf(draft: Draft, spends: ActionTask['spends'], now: Date): ActionTask {
  const { order, asker, stored, survey, plan, taskId, settings, alarm } = draft
  const { cordons, restarts, uncordons } = effectsOf(order)
  const { instance } = plan
  const clusterId = stored.cluster.id
  const work = {
    ...{ taskId, clusterId, actionId: order.id, isReady: false, waitSeconds: 0 },
    ...{ cordons: cordons && plan.nodes.length > 0, restarts, uncordons, repairs: instance !== null },
    rungs: rungsOf(order),
    escalates: false,
    uncordonsVerified: order.uncordon_when_verified ?? settings.uncordon_when_verified ?? alarm !== null,
  } satisfies ActionWork
  const memo = {
    fence: spends.versions.cluster + 1,
    restartsBefore: survey.jobset?.restarts ?? null,
    ...{ isCordoned: false, isUncordoned: false },
    before: instance && repairBefore(survey, instance.uid),
    ...{ instance: null, sent: null, sends: 0, wellSince: null },
  } satisfies ActionMemo
  const task = newTask(
    {
      ...{ taskId, clusterId, caller: asker.caller, workflow: 'failover', input: work, memo },
      type: 'failover_action',
      data: { action_id: order.id, cluster_id: clusterId, type: order.type, node_pool: survey.pool },
      locks: locksOf(clusterId, plan),
    },
    now,
  )
  return { task, unless: [{ name: 'infra', on: clusterId }], spends }
}

/** What may follow when a step did not help, without the restart, which the type itself is. */
function rungsOf(order: ActionOrder): ActionWork['rungs'] {
  const rungs = order.ladder.filter((step) => step !== 'restart')
  return rungs.length > 0 ? rungs : repairsOf(order)
}

function locksOf(clusterId: ClusterId, { pool, jobset }: ActionPlan): Lock[] {
  return [
    ...(pool === null ? [] : [poolLock(clusterId, pool)]),
    ...(jobset === null ? [] : [{ name: `jobset#${jobset.namespace}/${jobset.name}`, on: clusterId }]),
  ]
}
