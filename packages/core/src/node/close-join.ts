import type { Needs } from '../ports.ts'
import { failTask } from '../task/fail-task.ts'
import { finishTask } from '../task/finish-task.ts'
import { noteLeftBehind } from '../task/note-left-behind.ts'
import { isFinished } from '../task/task.ts'
import { JoinMemo, type JoinWork } from './join-work.ts'

type ClosePorts = Needs<'tasks' | 'kubeconfigs' | 'clock' | 'log'>

/** Ends a join well. */
export async function completeJoin(ports: ClosePorts, work: JoinWork): Promise<JoinWork> {
  const { clusterId: cluster_id, nodeId: node_id } = work
  const result = { cluster_id, node_id, message: `Node '${node_id}' has joined.` }
  await finishTask(ports, work.taskId, { status: 'completed', result })
  return work
}

/** Ends a join as failed, for the reason that a Catch saw, and says what it leaves. */
export async function failJoin(ports: ClosePorts, work: JoinWork): Promise<JoinWork> {
  await noteWhatStays(ports, work)
  await failTask(ports, { taskId: work.taskId, failure: work.failure ?? {} })
  return work
}

/** Ends a join as cancelled. */
export async function cancelJoin(ports: ClosePorts, work: JoinWork): Promise<JoinWork> {
  await noteWhatStays(ports, work)
  await finishTask(ports, work.taskId, { status: 'cancelled', undone: ['StoreNode'] })
  return work
}

async function noteWhatStays(ports: Needs<'tasks' | 'clock'>, { taskId, nodeId }: JoinWork): Promise<void> {
  const stored = await ports.tasks.find(taskId)
  if (!stored || isFinished(stored.task)) return
  await noteLeftBehind(ports, taskId, whatStays(JoinMemo.parse(stored.memo), nodeId))
}

/** What a join leaves that came to no end: the machine may be part of Kubernetes all the same. */
function whatStays({ isSeen, isStored, isTokenDropped, expiresAt }: JoinMemo, nodeId: string): string[] {
  return [
    ...(isSeen ? [`Kubernetes node ${nodeId} has joined and is not recorded; add it, or remove it`] : []),
    ...(isStored ? [`node ${nodeId} may be in the cluster's document`] : []),
    ...(isTokenDropped ? [] : [`the join token, until it expires at ${expiresAt}`]),
  ]
}
