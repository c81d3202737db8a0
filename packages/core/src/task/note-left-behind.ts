import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import { isFinished, type TaskId } from './task.ts'

/** Names on a task what it leaves behind, before it ends without success. */
export async function noteLeftBehind(
  ports: Needs<'tasks' | 'clock'>,
  id: TaskId,
  left_behind: readonly string[],
): Promise<void> {
  await changeTask(ports, id, (stored) => {
    if (isFinished(stored.task)) return null
    const data = { ...stored.task.task_status_data, left_behind: [...left_behind] }
    return { ...stored, task: { ...stored.task, task_status_data: data } }
  })
}
