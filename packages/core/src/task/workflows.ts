import type { JsonObject } from '../json.ts'
import type { TaskId } from './task.ts'

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'aborted' | 'timed_out'

/** Port: long work. The task id is the execution's name, so starting twice is harmless (DESIGN.md decision 2). */
export interface Workflows {
  /** @throws {GridError} `service.unavailable` when it is not certain that the work was started */
  start(workflow: string, taskId: TaskId, input: JsonObject): Promise<void>
  /** Null when no such execution was ever started. @throws {GridError} `service.unavailable` */
  status(workflow: string, taskId: TaskId): Promise<ExecutionStatus | null>
}
