import type { ClusterId } from '../cluster/cluster.ts'
import type { Page } from '../page.ts'
import type { Task, TaskId, TaskStatus, TaskType } from './task.ts'

export interface StoredTask {
  task: Task
  /** Grows by one with every write; the id of the event that told of it. */
  version: number
  /** Who asked for it. */
  callerId: string
  clusterId: ClusterId | null
  /** Set once somebody asked for cancellation; steps look at it. */
  cancelRequested: boolean
}

export interface TaskFilter {
  type?: TaskType
  status?: TaskStatus
  clusterId?: ClusterId
}

/** Port: tasks. Every write is conditional on the version it was decided on. */
export interface TaskStore {
  find(id: TaskId): Promise<StoredTask | null>
  /**
   * Puts a new task and takes its locks in one transaction, so that two requests never both start.
   * A lock is named for example `infra#west-1`.
   * @throws {GridError} `task.running` with `details.task_id` of the task that holds a lock
   */
  create(task: StoredTask, locks: readonly string[]): Promise<void>
  /** Writes the task if it still has `version`; a finished task gets its TTL and gives its locks back. */
  replace(task: StoredTask): Promise<StoredTask | null>
  /** Newest first. */
  list(filter: TaskFilter, options: { cursor: string | null; limit: number }): Promise<Page<StoredTask>>
}
