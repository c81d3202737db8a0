import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from '../task/change-task.ts'
import { isFinished } from '../task/task.ts'
import { type ExecutorWork, type InfraWork, openSite, ownerOf } from './infra-work.ts'

/** Most names kept on a task. */
const namesMax = 200

type ListPorts = Needs<'tasks' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>

/**
 * Names on the task what carries our label, before the task ends without success. Where the cluster cannot be asked, the
 * list says so instead of looking empty. Is no step of the work itself, so it leaves no step record.
 */
export async function listLeftBehind<Work extends InfraWork | ExecutorWork>(
  ports: ListPorts,
  work: Work,
): Promise<Work> {
  const left_behind = await leftovers(ports, work)
  await changeTask(ports, work.taskId, (stored) => {
    if (isFinished(stored.task)) return null
    const data = { ...stored.task.task_status_data, left_behind }
    return { ...stored, task: { ...stored.task, task_status_data: data } }
  })
  return work
}

async function leftovers(ports: ListPorts, work: InfraWork | ExecutorWork): Promise<string[]> {
  try {
    const names = await ports.infra.leftovers(await openSite(ports, work))
    return names.length <= namesMax ? names : [...names.slice(0, namesMax), `and ${names.length - namesMax} more`]
  } catch (error) {
    ports.log.warn('infra.left_behind_unknown', { taskId: work.taskId, owner: ownerOf(work), error })
    return [`not known: ${error instanceof GridError ? `${error.code}: ${error.message}` : 'unforeseen failure'}`]
  }
}
