import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import { readTask } from './read-task.ts'
import { isFinished, TaskId } from './task.ts'

export const CancelRequested = z.object({ message: z.string(), task_id: TaskId })
export type CancelRequested = z.infer<typeof CancelRequested>

/**
 * Asks a task to stop: its next step takes back what was done, then it ends `cancelled` (spec/decisions.md 24). Asking twice
 * is the same as once.
 * @throws {GridError} `task.not_found`, `task.finished`
 */
export async function cancelTask(
  ports: Needs<'tasks' | 'trail' | 'clock' | 'log'>,
  id: TaskId,
  caller: Caller,
): Promise<CancelRequested> {
  const { clusterId } = await readTask(ports, id, caller)
  ports.trail.about(clusterId)
  await changeTask(ports, id, (stored) => {
    if (isFinished(stored.task))
      throw new GridError('task.finished', `task ${id} is ${stored.task.task_status} already`, {
        details: { task_status: stored.task.task_status },
      })
    return stored.cancelRequested ? null : { ...stored, cancelRequested: true }
  })
  ports.log.info('task.cancel_requested', { taskId: id, callerId: caller.id })
  return { message: 'cancellation requested', task_id: id }
}
