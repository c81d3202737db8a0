import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import { stepEnded, stepsUndone } from './progress.ts'
import { isFinished, type Task, type TaskId, type TaskStatusData } from './task.ts'
import { refuseCancelled } from './task-step.ts'
import type { StoredTask } from './task-store.ts'

/** Largest result kept on a task, in bytes of JSON; a larger one is left out (spec/errors-and-gaps.md 48). */
const resultBytesMax = 128 * 2 ** 10

/** Most names of what was left behind. */
const leftBehindMax = 200

/** How a task ends. */
export type Outcome =
  | { status: 'completed'; result: Json; note?: Partial<TaskStatusData> }
  | { status: 'failed'; code: string; error: string; step: string | null }
  | { status: 'cancelled'; undone: readonly string[] }

type FinishPorts = Needs<'tasks' | 'clock' | 'kubeconfigs' | 'log'>

/**
 * Ends a task: destroys the kubeconfig held for it, then writes the final state, which gives its locks back. A task that is
 * finished already stays as it is.
 * @throws {GridError} `task.cancelled` instead of completing a task that somebody asked to cancel
 */
export async function finishTask(ports: FinishPorts, id: TaskId, outcome: Outcome): Promise<StoredTask> {
  const found = await ports.tasks.find(id)
  if (found && outcome.status === 'completed' && !isFinished(found.task)) refuseCancelled(found)
  if (found?.kubeconfigRef) await ports.kubeconfigs.destroy(found.kubeconfigRef)
  const finished = await changeTask(ports, id, (stored) => {
    if (isFinished(stored.task)) return null
    if (outcome.status === 'completed') refuseCancelled(stored)
    return { ...stored, task: ended(stored.task, outcome, ports.clock.now()) }
  })
  const { task_type: type, task_status: status, task_status_data: data } = finished.task
  ports.log.info('task.finished', { taskId: id, type, status, code: data.code ?? null })
  return finished
}

function ended(task: Task, outcome: Outcome, at: Date): Task {
  const settled = settleSteps(task, outcome, at)
  const data = settled.task_status_data
  if (outcome.status === 'completed')
    return withEnd(settled, 'completed', { ...data, ...outcome.note, result: bounded(outcome.result) })
  if (outcome.status === 'cancelled') return withEnd(stepsUndone(settled, outcome.undone), 'cancelled', data)
  const { code, error, step } = outcome
  return withEnd(settled, 'failed', {
    ...data,
    code,
    error,
    ...(step === null ? {} : { step }),
    left_behind: data.left_behind ?? [],
  })
}

function withEnd(task: Task, task_status: Task['task_status'], data: TaskStatusData): Task {
  const left = data.left_behind
  const left_behind =
    left && left.length > leftBehindMax
      ? [...left.slice(0, leftBehindMax), `and ${left.length - leftBehindMax} more`]
      : left
  const steps = task.task_status_data.steps
  return {
    ...task,
    task_status,
    task_status_data: { ...data, ...(steps ? { steps } : {}), ...(left_behind ? { left_behind } : {}) },
  }
}

/** No step of a finished task is still running. */
function settleSteps(task: Task, outcome: Outcome, at: Date): Task {
  const running = (task.task_status_data.steps ?? []).filter(({ status }) => status === 'running')
  const status = outcome.status === 'completed' ? 'succeeded' : 'failed'
  const why = outcome.status === 'cancelled' ? 'stopped by the cancellation' : null
  return running.reduce(
    (settled, step) => stepEnded(settled, step.name, { status, at, detail: why ?? step.detail }),
    task,
  )
}

const bounded = (result: Json): Json => (Buffer.byteLength(JSON.stringify(result)) > resultBytesMax ? null : result)
