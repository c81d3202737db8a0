import type { JsonObject } from '../json.ts'
import type { TaskId } from './task.ts'

/** Port: long work. The task id is the execution's name, so starting twice is harmless (DESIGN.md decision 2). */
export interface Workflows {
  start(workflow: string, taskId: TaskId, input: JsonObject): Promise<void>
  /** Null when no such execution was ever started. */
  status(workflow: string, taskId: TaskId): Promise<'running' | 'succeeded' | 'failed' | 'aborted' | 'timed_out' | null>
}
