import { type ExecutorWork, openSite } from '../infra/infra-work.ts'
import type { Needs } from '../ports.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import { changeExecutorSystem } from './change-executor.ts'
import { findExecutor } from './find-executor.ts'
import { ExecutorMemo } from './start-executor-task.ts'

/**
 * First step of a removal: nothing may be taken away that is not ours. Then the executor's infrastructure is `removing`.
 * @throws {GridError} `infra.not_empty`, `cluster.identity_mismatch`, `executor.not_found`
 */
export async function checkExecutorRemoval(
  ports: Needs<'tasks' | 'executors' | 'kubeconfigs' | 'executorInfra' | 'clock' | 'log'>,
  work: ExecutorWork,
): Promise<ExecutorWork> {
  return taskStep(ports, work, 'CheckExecutorRemoval', async (task) => {
    const { system } = await findExecutor(ports, work.executorId)
    await ports.executorInfra.requireRemovable(await openSite(ports, work), system.clusterUid)
    const infraBefore = ExecutorMemo.parse(task.memo).infraBefore ?? system.infra
    await remember<ExecutorMemo>(ports, work.taskId, { infraBefore })
    await changeExecutorSystem(ports, work.executorId, { infra: 'removing' })
    return { detail: 'only what is ours is there' }
  })
}

/** The executor's infrastructure is `absent` from now on; it may be built on another cluster. */
export async function clearExecutor(
  ports: Needs<'tasks' | 'executors' | 'clock' | 'log'>,
  work: ExecutorWork,
): Promise<ExecutorWork> {
  return taskStep(ports, work, 'ClearExecutor', async () => {
    await changeExecutorSystem(ports, work.executorId, { infra: 'absent', clusterUid: null })
    return {}
  })
}
