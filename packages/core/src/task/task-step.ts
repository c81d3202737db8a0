import { isDeepStrictEqual } from 'node:util'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { changeTask } from './change-task.ts'
import { stepEnded, stepStarted, stepWaiting } from './progress.ts'
import { isFinished, type Task, type TaskId } from './task.ts'
import type { StoredTask } from './task-store.ts'

/** What a step did, in words for the task's reader, and what it adds to the workflow's state. */
export interface StepOutcome<State> {
  detail?: string
  /** The step is asked again later; it stays `running`. */
  isWaiting?: boolean
  state?: Partial<State>
}

export interface TaskStepOptions {
  /** Runs although cancellation was asked for: undoing and closing. */
  evenIfCancelled?: boolean
}

type StepPorts = Needs<'tasks' | 'clock' | 'log'>

/**
 * Runs one step of a workflow and keeps the task's record of it: begin, end, detail. It may run again after it succeeded.
 * Failures that are none of ours become `internal` here, so that no foreign text reaches the workflow's history.
 * @returns the state for the next step of the workflow
 * @throws {GridError} `task.cancelled` before the work when somebody asked for it, `task.finished` for a task that was
 *   closed meanwhile, and whatever the work throws
 */
export async function taskStep<State extends { taskId: TaskId }>(
  ports: StepPorts,
  state: State,
  name: string,
  work: (stored: StoredTask) => Promise<StepOutcome<State>>,
  options: TaskStepOptions = {},
): Promise<State> {
  const began = await changeTask(ports, state.taskId, (stored) => {
    if (isFinished(stored.task)) throw new GridError('task.finished', `task ${state.taskId} is finished`)
    refuseCancelled(stored, options)
    return unlessSame(stored, { ...stepStarted(stored.task, name, ports.clock.now()), task_status: 'in_progress' })
  })
  try {
    const { detail = null, isWaiting = false, state: added } = await work(began)
    await record(ports, state.taskId, (task) =>
      isWaiting
        ? stepWaiting(task, name, detail ?? 'waiting')
        : stepEnded(task, name, { status: 'succeeded', at: ports.clock.now(), detail }),
    )
    return { ...state, ...added }
  } catch (error) {
    throw await recordFailure(ports, state.taskId, name, error)
  }
}

/** @throws {GridError} `task.cancelled` */
export function refuseCancelled(stored: StoredTask, options: TaskStepOptions = {}): void {
  if (stored.cancelRequested && !options.evenIfCancelled)
    throw new GridError('task.cancelled', `task ${stored.task.task_id} is being cancelled`)
}

async function recordFailure(ports: StepPorts, taskId: TaskId, name: string, error: unknown): Promise<GridError> {
  ports.log.warn('step.failed', { taskId, step: name, error })
  const known = error instanceof GridError ? error : new GridError('internal', 'the step met an unforeseen failure')
  const detail = `${known.code}: ${known.message}`
  await record(ports, taskId, (task) => stepEnded(task, name, { status: 'failed', at: ports.clock.now(), detail }))
  return known
}

/** The end of a step whose task was closed meanwhile is not recorded: what is final stays. */
async function record(ports: StepPorts, taskId: TaskId, change: (task: Task) => Task): Promise<void> {
  await changeTask(ports, taskId, (stored) =>
    isFinished(stored.task) ? null : unlessSame(stored, change(stored.task)),
  )
}

const unlessSame = (stored: StoredTask, task: Task): StoredTask | null =>
  isDeepStrictEqual(task, stored.task) ? null : { ...stored, task }
