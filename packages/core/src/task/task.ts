import { z } from 'zod'
import { JsonObject } from '../json.ts'

export const TaskId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, dashes or underscores')
  .brand('TaskId')
export type TaskId = z.infer<typeof TaskId>

/** The types written by the system (spec/decisions.md 23). */
export const TaskType = z.enum([
  'cluster_infra_creation',
  'cluster_infra_remove',
  'block_alloc',
  'block_removal',
  'block_scaling',
  'node_addition',
  'node_removal',
  'vdag_creation',
  'failover_action',
  'executor_infra_creation',
  'executor_infra_remove',
])
export type TaskType = z.infer<typeof TaskType>

/** Names that the original's producers wrote; filters take them too (spec/tasks.md §1). */
const originalTypes: Record<string, TaskType> = {
  block_allocation: 'block_alloc',
  vdag_processing: 'vdag_creation',
}

/** A type in a filter: one of ours, or the original's name for it (spec/decisions.md 23). */
export const TaskTypeFilter = z
  .string()
  .max(64)
  .transform((name) => originalTypes[name] ?? name)
  .pipe(TaskType)

/** `pending → in_progress → completed | failed | cancelled`; the last three are final (DESIGN.md decision 2). */
export const TaskStatus = z.enum(['pending', 'in_progress', 'completed', 'failed', 'cancelled'])
export type TaskStatus = z.infer<typeof TaskStatus>

export const TaskStep = z.object({
  name: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'undone']),
  started_at: z.string().describe('ISO 8601'),
  ended_at: z.string().nullable(),
  detail: z.string().nullable(),
})
export type TaskStep = z.infer<typeof TaskStep>

/** Result or failure of a task, and its steps (spec/decisions.md 50). */
export const TaskStatusData = z.looseObject({
  steps: z.array(TaskStep).optional(),
  result: z.json().optional(),
  error: z.string().optional(),
  code: z.string().optional(),
  step: z.string().optional(),
  left_behind: z.array(z.string()).optional(),
})
export type TaskStatusData = z.infer<typeof TaskStatusData>

/** The documented task record (spec/tasks.md §1). */
export const Task = z.object({
  task_id: TaskId,
  task_type: TaskType,
  task_data: JsonObject,
  task_status: TaskStatus,
  task_status_data: TaskStatusData,
  task_create_timestamp: z.number().int().describe('Unix seconds'),
  task_update_timestamp: z.number().int().describe('Unix seconds'),
})
export type Task = z.infer<typeof Task>

/** Claims that the task will not change any more. */
export const isFinished = (task: Pick<Task, 'task_status'>): boolean =>
  task.task_status === 'completed' || task.task_status === 'failed' || task.task_status === 'cancelled'

/** Unix seconds, as the documented record counts time. */
export const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000)
