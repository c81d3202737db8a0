import { GridError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'
import { failTask } from '../task/fail-task.ts'
import { finishTask } from '../task/finish-task.ts'
import { isFinished } from '../task/task.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'
import { undoableSteps } from './install-part.ts'
import { settleInfra } from './settle-infra.ts'

type ClosePorts = Needs<'tasks' | 'clusters' | 'kubeconfigs' | 'clock' | 'log'>

/** Ends an infra task well; its result is the cluster document without the nodes (spec/decisions.md 50). */
export async function completeInfra(ports: ClosePorts, work: InfraWork): Promise<InfraWork> {
  const stored = await ports.clusters.find(work.clusterId)
  if (!stored) throw new GridError('cluster.not_found', `no cluster ${work.clusterId}`)
  const { nodeData: _, ...nodes } = stored.cluster.nodes
  await finishTask(ports, work.taskId, { status: 'completed', result: { ...stored.cluster, nodes } as Json })
  return work
}

/** Ends an infra task as failed, for the reason that a Catch saw. */
export async function failInfra(ports: ClosePorts, work: InfraWork): Promise<InfraWork> {
  const stored = await ports.tasks.find(work.taskId)
  if (stored && !isFinished(stored.task)) await settleInfra(ports, stored)
  await failTask(ports, { taskId: work.taskId, failure: work.failure ?? {} })
  return work
}

/**
 * Ends an infra task as cancelled. Where everything was taken back, the cluster is as if the task had never been, the
 * identity it learned included; otherwise the task stopped where it was.
 */
export async function cancelInfra(ports: ClosePorts, work: InfraWork): Promise<InfraWork> {
  const stored = await ports.tasks.find(work.taskId)
  if (!stored || isFinished(stored.task)) return work
  const isUndone = work.canUndo && work.isReady
  if (isUndone) {
    const { isFirstToIdentify } = InfraMemo.parse(stored.memo)
    const identity = isFirstToIdentify ? { clusterUid: null } : {}
    await changeInfra(ports, work.clusterId, work.taskId, () => ({
      state: 'absent',
      urlMap: {},
      controller: null,
      controllerKey: null,
      built: null,
      ...identity,
    }))
  } else await settleInfra(ports, stored)
  await finishTask(ports, work.taskId, { status: 'cancelled', undone: isUndone ? undoableSteps : [] })
  return work
}
