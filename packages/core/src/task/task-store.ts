import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'
import type { Page } from '../page.ts'
import { Task, type TaskId, type TaskStatus, type TaskType } from './task.ts'

/** What only one unfinished task may hold: `infra` on a cluster, `block#b1` on a cluster. */
export const Lock = z.object({ name: z.string(), on: z.string() })
export type Lock = z.infer<typeof Lock>

/** A task as it is stored: the documented record, and what only the system reads. */
export const StoredTask = z.object({
  task: Task,
  /** Grows by one with every write; the id of the event that told of it. */
  version: z.number().int(),
  createdAt: z.string().describe('ISO 8601'),
  /** Who asked for it. */
  callerId: z.string(),
  clusterId: ClusterId.nullable(),
  /** Set once somebody asked for cancellation; steps look at it. */
  cancelRequested: z.boolean(),
  /** Taken with the creation, given back with the end. */
  locks: z.array(Lock),
  /** The state machine that does the work and its input, so that a start that was lost can be made up for. */
  execution: z.object({ workflow: z.string(), input: JsonObject }).nullable(),
  /** Reference of the kubeconfig held for it, destroyed with its end. */
  kubeconfigRef: z.string().nullable(),
  /** What one step keeps for later ones and nobody is shown. Never a secret. */
  memo: JsonObject,
})
export type StoredTask = z.infer<typeof StoredTask>

export interface TaskFilter {
  type?: TaskType | undefined
  status?: TaskStatus | undefined
  /** Only tasks of these clusters; `*` is all tasks, those of no cluster included. */
  clusters: readonly string[] | '*'
}

/** Port: tasks. Every write is conditional on the version it was decided on. */
export interface TaskStore {
  find(id: TaskId): Promise<StoredTask | null>
  /**
   * Puts a new task (version 1) and takes its locks in one transaction, so that two requests never both start.
   * @param unless locks that nobody may hold at that moment; they are not taken
   * @throws {GridError} `task.running` with `details.task_id` of the task that holds a lock; `cluster.not_found` when its
   *   cluster was removed meanwhile or is being removed; `task.exists` for an id in use
   */
  create(task: StoredTask, unless?: readonly Lock[]): Promise<void>
  /**
   * Writes the task if it still has `version`, and raises it; null when somebody else wrote in between. A finished task
   * gives its locks back and gets its expiry in the same transaction.
   */
  replace(task: StoredTask): Promise<StoredTask | null>
  /** The task that holds a lock. */
  holder(lock: Lock): Promise<TaskId | null>
  /**
   * Newest first, after the position that the page before named. A page may be short, even empty, and still have a next one.
   */
  list(filter: TaskFilter, options: { after: string | null; limit: number }): Promise<Page<StoredTask>>
  /** Ids of tasks that are not finished, oldest first. */
  listOpen(options: { after: string | null; limit: number }): Promise<{ ids: TaskId[]; next: string | null }>
}
