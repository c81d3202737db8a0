import { z } from 'zod'
import { settleAction } from '../action/close-action.ts'
import { keepDeed } from '../audit/keep-entry.ts'
import { settleInfra } from '../infra/settle-infra.ts'
import { settleNodeTask } from '../node/settle-node-task.ts'
import type { Needs, ReportPort } from '../ports.ts'
import { finishTask } from './finish-task.ts'
import { isFinished, type Task, TaskId } from './task.ts'
import type { StoredTask } from './task-store.ts'

/** EventBridge's "Step Functions Execution Status Change"; the execution's name is the task's id. */
export const ExecutionEnded = z.object({
  detail: z.looseObject({
    name: z.string(),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
  }),
})
export type ExecutionEnded = z.infer<typeof ExecutionEnded>

type ClosePorts = Needs<
  'tasks' | 'actions' | 'clusters' | 'controllers' | 'clock' | 'kubeconfigs' | 'audit' | 'log' | ReportPort
>

/** The functions that end tasks. */
type Closer = 'close-task' | 'sweep-tasks'

/** How an execution ended that did not end its task. */
export type Death = 'succeeded' | 'failed' | 'timed_out' | 'aborted' | 'never_started'

const deaths: Partial<Record<ExecutionEnded['detail']['status'], Death>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed_out',
  ABORTED: 'aborted',
}

/**
 * Ends the task of an execution that ended without doing so; executions of no task are none of ours. Either way the audit log
 * tells how the task ended: once for each time that the event arrives, which may be twice.
 */
export async function closeTask(ports: ClosePorts, event: ExecutionEnded): Promise<void> {
  const death = deaths[event.detail.status]
  const id = TaskId.safeParse(event.detail.name)
  if (!death || !id.success) return
  const stored = await ports.tasks.find(id.data)
  if (!stored) return
  if (isFinished(stored.task)) await tellEnd(ports, stored, 'task.end', 'close-task')
  else await buryTask(ports, stored, death)
}

const reasons: Record<Death, { code: 'task.lost' | 'task.timed_out'; error: string }> = {
  succeeded: { code: 'task.lost', error: 'the workflow ended without a result' },
  failed: { code: 'task.lost', error: 'the workflow failed while it was closing the task' },
  timed_out: { code: 'task.timed_out', error: 'the workflow did not end within its time' },
  aborted: { code: 'task.lost', error: 'the workflow was stopped from outside' },
  never_started: { code: 'task.lost', error: 'the workflow was never started' },
}

/**
 * Fails a task whose work has died, and says that nobody looked at what it left behind. A finished task stays as it is.
 */
export async function buryTask(
  ports: ClosePorts,
  stored: StoredTask,
  death: Death,
  by: Closer = 'close-task',
): Promise<void> {
  if (isFinished(stored.task)) return
  await settleInfra(ports, stored)
  await settleNodeTask(ports, stored)
  await settleAction(ports, stored, reasons[death])
  const finished = await finishTask(ports, stored.task.task_id, {
    status: 'failed',
    ...reasons[death],
    step: lastStep(stored.task),
  })
  await tellEnd(ports, finished, 'task.bury', by)
  ports.log.error('task.buried', { taskId: finished.task.task_id, death, status: finished.task.task_status })
}

/** A task that failed has the code of its failure; one that was cancelled says so. */
async function tellEnd(
  ports: ClosePorts,
  { task, clusterId }: StoredTask,
  operation: string,
  by: Closer,
): Promise<void> {
  const { task_id: id, task_status: status, task_status_data: data } = task
  const code = status === 'completed' ? null : (data.code ?? `task.${status}`)
  await keepDeed(ports, { by, operation, clusterId, subject: `task ${id}`, code })
}

const lastStep = (task: Task): string | null =>
  task.task_status_data.steps?.findLast(({ status }) => status === 'running' || status === 'failed')?.name ?? null
