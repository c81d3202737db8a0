import { readySecondsMax } from '../infra/check-readiness.ts'
import { type ExecutorWork, openSite } from '../infra/infra-work.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import type { StoredTask } from '../task/task-store.ts'
import { changeExecutorSystem } from './change-executor.ts'
import type { ExecutorTarget } from './executor-builder.ts'
import { findExecutor } from './find-executor.ts'
import { ExecutorMemo } from './start-executor-task.ts'

type SitePorts = Needs<'tasks' | 'kubeconfigs' | 'executorInfra' | 'clock' | 'log'>

/**
 * First step of a creation: all that needs the cluster is looked at before anything is changed. Then the cluster's identity is
 * kept, and the executor's infrastructure is `creating`.
 * @throws {GridError} what `ExecutorBuilder.inspect` throws, `executor.not_found`
 */
export async function checkExecutorSite(
  ports: SitePorts & Needs<'executors'>,
  work: ExecutorWork,
): Promise<ExecutorWork> {
  return taskStep(ports, work, 'CheckExecutorSite', async (task) => {
    const { system } = await findExecutor(ports, work.executorId)
    const memo = ExecutorMemo.parse(task.memo)
    const found = await ports.executorInfra.inspect(await openSite(ports, work), system.clusterUid)
    const infraBefore = memo.infraBefore ?? system.infra
    const isFirstToIdentify = memo.isFirstToIdentify || system.clusterUid === null
    await remember<ExecutorMemo>(ports, work.taskId, { mapping: found.mapping, infraBefore, isFirstToIdentify })
    await changeExecutorSystem(ports, work.executorId, { infra: 'creating', clusterUid: found.identity })
    return {
      detail: `Kubernetes ${found.version}, ${found.mapping === null ? 'NodePort alone' : 'NodePort and Mapping'}`,
      state: { canUndo: infraBefore !== 'present' },
    }
  })
}

/** Writes all objects of the executor; running it again changes nothing that is as it should be. */
export async function installExecutor(ports: SitePorts, work: ExecutorWork): Promise<ExecutorWork> {
  return taskStep(ports, work, 'InstallExecutor', async (task) => ({
    detail: await ports.executorInfra.apply(await openTarget(ports, work, task)),
  }))
}

/**
 * Asks once whether the executor is ready; the definition asks again until it is.
 * @throws {GridError} `infra.not_ready` with what is waited for, once the time is over
 */
export async function checkExecutor(ports: SitePorts, work: ExecutorWork): Promise<ExecutorWork> {
  return taskStep(ports, work, 'CheckExecutor', async (stored) => {
    const { ready, reason } = await ports.executorInfra.readiness(await openTarget(ports, work, stored))
    if (ready) return { detail: reason, state: { isReady: true } }
    const waited = waitedSeconds(stored.task, 'CheckExecutor', ports.clock.now())
    return keepWaiting({ waited, secondsMax: readySecondsMax, code: 'infra.not_ready', missing: 'not ready' }, reason)
  })
}

/** The executor's infrastructure is `present` from now on. */
export async function recordExecutor(
  ports: Needs<'tasks' | 'executors' | 'clock' | 'log'>,
  work: ExecutorWork,
): Promise<ExecutorWork> {
  return taskStep(ports, work, 'RecordExecutor', async () => {
    const { executor } = await changeExecutorSystem(ports, work.executorId, { infra: 'present' })
    return { detail: `executor at ${executor.executor_host_uri}` }
  })
}

async function openTarget(
  ports: Needs<'kubeconfigs'>,
  work: ExecutorWork,
  { memo }: StoredTask,
): Promise<ExecutorTarget> {
  const { processesMax, mapping } = ExecutorMemo.parse(memo)
  return { ...(await openSite(ports, work)), executorId: work.executorId, processesMax, mapping }
}
