import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import type { TaskId } from './task.ts'

/** Keeps something on a task for later steps; `Memo` is the shape that they read it by. Never a secret. */
export async function remember<Memo extends object>(
  ports: Needs<'tasks' | 'clock'>,
  taskId: TaskId,
  added: Partial<NoInfer<Memo>>,
): Promise<void> {
  await changeTask(ports, taskId, (before) => ({ ...before, memo: { ...before.memo, ...(added as JsonObject) } }))
}
