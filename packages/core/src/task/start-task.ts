import type { Caller } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { type TaskId, type TaskType, unixSeconds } from './task.ts'
import type { Lock, StoredTask } from './task-store.ts'

/** Work that is to be done by a workflow. */
export interface NewTask {
  taskId: TaskId
  type: TaskType
  caller: Caller
  clusterId: ClusterId | null
  /** Shown as `task_data`. Never a secret. */
  data: JsonObject
  locks: readonly Lock[]
  /** Locks that no other task may hold when this one starts; this one does not take them. */
  unless?: readonly Lock[]
  workflow: string
  /** Ids only; it is the first state's input. */
  input: JsonObject
  kubeconfigRef?: string
  memo?: JsonObject
}

/**
 * Puts the task (`pending`) with its locks, then starts its workflow. Once the task is put the work will be done: where the
 * start fails or the process dies between the two, `sweepTasks` makes up for it.
 * @throws {GridError} `task.running` with the id of the task that holds a lock; nothing was changed then
 */
export async function startTask(
  ports: Needs<'tasks' | 'workflows' | 'clock' | 'log'>,
  given: NewTask,
): Promise<StoredTask> {
  const stored = newTask(given, ports.clock.now())
  await ports.tasks.create(stored, given.unless)
  await launchTask(ports, stored)
  return stored
}

/** The task as it is put first. */
export const newTask = (given: NewTask, now: Date): StoredTask => ({
  task: {
    task_id: given.taskId,
    task_type: given.type,
    task_data: given.data,
    task_status: 'pending',
    task_status_data: {},
    task_create_timestamp: unixSeconds(now),
    task_update_timestamp: unixSeconds(now),
  },
  version: 1,
  createdAt: now.toISOString(),
  callerId: given.caller.id,
  clusterId: given.clusterId,
  cancelRequested: false,
  locks: [...given.locks],
  execution: { workflow: given.workflow, input: given.input },
  kubeconfigRef: given.kubeconfigRef ?? null,
  memo: given.memo ?? {},
})

/** Starts the work of a task that was just put. A start that fails is made up for by `sweepTasks`. */
export async function launchTask(
  ports: Needs<'workflows' | 'log'>,
  { task, clusterId, execution }: StoredTask,
): Promise<void> {
  const { task_id: taskId, task_type: type } = task
  if (execution === null) throw new TypeError(`task ${taskId} has no work`)
  try {
    await ports.workflows.start(execution.workflow, taskId, execution.input)
  } catch (error) {
    ports.log.warn('task.start_delayed', { taskId, workflow: execution.workflow, error })
  }
  ports.log.info('task.created', { taskId, type, clusterId })
}
