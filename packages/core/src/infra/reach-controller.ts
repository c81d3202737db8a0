import { urlMap } from '../cluster/url-map.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from '../task/change-task.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'

/**
 * Asks the controller at its public address. Not reachable is told on the task and the cluster and stops nothing: ports may
 * not be open yet (spec/decisions.md 48).
 */
export async function reachController(
  ports: Needs<'tasks' | 'clusters' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
): Promise<InfraWork> {
  return taskStep(ports, work, 'ReachController', async (stored) => {
    const { settings, controllerKey } = InfraMemo.parse(stored.memo)
    if (settings === null) throw new TypeError(`task ${work.taskId} builds nothing`)
    const url = urlMap(settings).controllerService
    const { state, reason } = await ports.infra.reachController(work.clusterId, url, controllerKey)
    await changeInfra(ports, work.clusterId, work.taskId, () => ({ state: 'creating', controller: state }))
    await changeTask(ports, work.taskId, (before) => ({
      ...before,
      task: { ...before.task, task_status_data: { ...before.task.task_status_data, controller: state } },
    }))
    return { detail: state === 'reachable' ? state : `unreachable: ${reason}` }
  })
}
