import type { Needs } from '../ports.ts'
import { failTask } from '../task/fail-task.ts'
import { finishTask } from '../task/finish-task.ts'
import { noteLeftBehind } from '../task/note-left-behind.ts'
import { isFinished } from '../task/task.ts'
import { RemovalMemo, type RemovalWork } from './removal-work.ts'

type ClosePorts = Needs<'tasks' | 'kubeconfigs' | 'clock' | 'log'>

/** What the machine of a removed node must run by itself: data for whoever does it, no line for a shell. */
const onTheMachine = { program: 'kubeadm', args: ['reset'] }

/** Ends a removal well. */
export async function completeRemoval(ports: ClosePorts, work: RemovalWork): Promise<RemovalWork> {
  const { clusterId: cluster_id, nodeId: node_id } = work
  const result = {
    ...{ cluster_id, node_id },
    message: `Node '${node_id}' is removed. Its machine can be reset now.`,
    run_on_machine: onTheMachine,
  }
  await finishTask(ports, work.taskId, { status: 'completed', result })
  return work
}

/** Ends a removal as failed, for the reason that a Catch saw, and says what it leaves. */
export async function failRemoval(ports: ClosePorts, work: RemovalWork): Promise<RemovalWork> {
  await noteWhatStays(ports, work)
  await failTask(ports, { taskId: work.taskId, failure: work.failure ?? {} })
  return work
}

/** Ends a removal as cancelled: the node takes pods again, unless it was removed already. */
export async function cancelRemoval(ports: ClosePorts, work: RemovalWork): Promise<RemovalWork> {
  const memo = await noteWhatStays(ports, work)
  const undone = memo?.isUncordoned && !memo.isRemoved ? ['CordonNode'] : []
  await finishTask(ports, work.taskId, { status: 'cancelled', undone })
  return work
}

async function noteWhatStays(
  ports: Needs<'tasks' | 'clock'>,
  { taskId, nodeId }: RemovalWork,
): Promise<RemovalMemo | null> {
  const stored = await ports.tasks.find(taskId)
  if (!stored || isFinished(stored.task)) return null
  const memo = RemovalMemo.parse(stored.memo)
  await noteLeftBehind(ports, taskId, whatStays(memo, nodeId))
  return memo
}

/** What a removal leaves that stopped half way. */
function whatStays({ isCordoned, isUncordoned, isRemoved, isForgotten }: RemovalMemo, nodeId: string): string[] {
  if (isForgotten) return [`node ${nodeId} is removed and forgotten; it has to be added again`]
  if (isRemoved) return [`node ${nodeId} is in the cluster's document, but in Kubernetes no more`]
  return isCordoned && !isUncordoned ? [`Kubernetes node ${nodeId} may still be cordoned by this task`] : []
}
