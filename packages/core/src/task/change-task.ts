import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type TaskId, unixSeconds } from './task.ts'
import type { StoredTask } from './task-store.ts'

/** Times a change is decided anew because somebody else wrote in between. */
const attemptsMax = 10

/**
 * Changes a task: reads it, decides, writes on the condition that it is still what was read, and decides anew otherwise.
 * @param decide returns what to write, or null to leave the task as it is; it may run several times
 * @returns the task as it is then
 * @throws {GridError} `task.not_found`; `service.unavailable` when others keep writing in between
 */
export async function changeTask(
  ports: Needs<'tasks' | 'clock'>,
  id: TaskId,
  decide: (stored: StoredTask) => StoredTask | null,
): Promise<StoredTask> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = await ports.tasks.find(id)
    if (!stored) throw new GridError('task.not_found', `no task ${id}`)
    const changed = decide(stored)
    if (!changed) return stored
    const task = { ...changed.task, task_update_timestamp: unixSeconds(ports.clock.now()) }
    const written = await ports.tasks.replace({ ...changed, task })
    if (written) return written
  }
  throw new GridError('service.unavailable', `task ${id} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
