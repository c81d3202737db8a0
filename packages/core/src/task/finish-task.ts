import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import { stepEnded, stepsUndone } from './progress.ts'
import { isFinished, type Task, type TaskId, type TaskStatusData } from './task.ts'
import { refuseCancelled } from './task-step.ts'
import type { StoredTask } from './task-store.ts'

/** Largest result kept on a task, in bytes of JSON; a larger one is left out (spec/errors-and-gaps.md 48). */
const resultBytesMax = 128 * 2 ** 10

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
  if (outcome.status === 'completed')
    return withEnd(settled, 'completed', { ...outcome.note, ...bounded(outcome.result) })
  if (outcome.status === 'cancelled') return withEnd(stepsUndone(settled, outcome.undone), 'cancelled', {})
  const { code, error, step } = outcome
  const left_behind = task.task_status_data.left_behind ?? []
  return withEnd(settled, 'failed', { code, error, ...(step === null ? {} : { step }), left_behind })
}

const withEnd = (task: Task, task_status: Task['task_status'], added: TaskStatusData): Task => ({
  ...task,
  task_status,
  task_status_data: { ...task.task_status_data, ...added },
})

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

function bounded(result: Json): TaskStatusData {
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes <= resultBytesMax) return { result }
  return { result: null, result_omitted: `the result has ${bytes} bytes; read what it describes instead` }
}
