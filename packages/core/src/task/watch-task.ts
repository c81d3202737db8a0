import type { Caller } from '../caller.ts'
import type { Needs } from '../ports.ts'
import { readTask } from './read-task.ts'
import { isFinished, type Task, type TaskId } from './task.ts'

/** Time between two looks at the task, in ms. */
export const watchIntervalMs = 500

export interface Watch {
  id: TaskId
  caller: Caller
  /** Version that the watcher has seen already; 0 for none. */
  seen: number
  /** How long to watch, in ms. */
  waitMs: number
  pause: (ms: number) => Promise<void>
}

/** A state of a task that its watcher has not seen. */
export interface TaskNews {
  version: number
  task: Task
}

/**
 * Tells each state of a task that is newer than what was seen, until the task is finished or the time is over. It compares
 * versions, so a watcher that comes back misses no state that still holds; states in between may be skipped.
 * @throws {GridError} `task.not_found`
 */
export async function* watchTask(
  ports: Needs<'tasks' | 'clock'>,
  { id, caller, seen, waitMs, pause }: Watch,
): AsyncGenerator<TaskNews, void, undefined> {
  const end = ports.clock.now().getTime() + waitMs
  for (let last = seen; ; ) {
    const { task, version } = await readTask(ports, id, caller)
    if (version > last) yield { version, task }
    last = Math.max(last, version)
    const leftMs = end - ports.clock.now().getTime()
    if (isFinished(task) || leftMs <= 0) return
    await pause(Math.min(watchIntervalMs, leftMs))
  }
}
