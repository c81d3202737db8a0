import { GridError } from '../errors.ts'
import type { ExecutorWork } from '../infra/infra-work.ts'
import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'
import { failTask } from '../task/fail-task.ts'
import { finishTask } from '../task/finish-task.ts'
import { isFinished } from '../task/task.ts'
import type { StoredTask } from '../task/task-store.ts'
import { changeExecutorSystem } from './change-executor.ts'
import { findExecutor } from './find-executor.ts'
import { ExecutorMemo } from './start-executor-task.ts'

type ClosePorts = Needs<'tasks' | 'executors' | 'kubeconfigs' | 'clock' | 'log'>

/** Steps whose work a cancellation takes back. */
const undoableSteps: readonly string[] = ['InstallExecutor', 'CheckExecutor', 'RecordExecutor']

/** Ends an executor's task well; its result is the registry entry. */
export async function completeExecutorTask(ports: ClosePorts, work: ExecutorWork): Promise<ExecutorWork> {
  const { executor } = await findExecutor(ports, work.executorId)
  await finishTask(ports, work.taskId, { status: 'completed', result: executor as Json })
  return work
}

/** Ends an executor's task as failed, for the reason that a Catch saw. */
export async function failExecutorTask(ports: ClosePorts, work: ExecutorWork): Promise<ExecutorWork> {
  const stored = await ports.tasks.find(work.taskId)
  if (stored && !isFinished(stored.task)) await settle(ports, work, stored)
  await failTask(ports, { taskId: work.taskId, failure: work.failure ?? {} })
  return work
}

/** Ends an executor's task as cancelled; where everything was taken back, the executor is as if the task had never been. */
export async function cancelExecutorTask(ports: ClosePorts, work: ExecutorWork): Promise<ExecutorWork> {
  const stored = await ports.tasks.find(work.taskId)
  if (!stored || isFinished(stored.task)) return work
  const isUndone = work.canUndo && work.isReady
  if (isUndone) {
    const { isFirstToIdentify } = ExecutorMemo.parse(stored.memo)
    const identity = isFirstToIdentify ? { clusterUid: null } : {}
    await changeExecutorSystem(ports, work.executorId, { infra: 'absent', ...identity })
  } else await settle(ports, work, stored)
  await finishTask(ports, work.taskId, { status: 'cancelled', undone: isUndone ? undoableSteps : [] })
  return work
}

/** What stood before a creation stands on; anything else is `failed` until a creation or removal goes through. */
async function settle(ports: ClosePorts, { executorId }: ExecutorWork, { task, memo }: StoredTask): Promise<void> {
  const { infraBefore } = ExecutorMemo.parse(memo)
  if (infraBefore === null) return // the first step never finished, so nothing was changed
  const stoodBefore = task.task_type === 'executor_infra_creation' && infraBefore === 'present'
  try {
    await changeExecutorSystem(ports, executorId, { infra: stoodBefore ? 'present' : 'failed' })
  } catch (error) {
    if (!(error instanceof GridError) || error.code !== 'executor.not_found') throw error
  }
}
