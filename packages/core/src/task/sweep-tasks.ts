import { keepDeed } from '../audit/keep-entry.ts'
import { GridError } from '../errors.ts'
import type { Needs, ReportPort } from '../ports.ts'
import { buryTask } from './close-task.ts'
import { isFinished, type TaskId } from './task.ts'
import type { StoredTask } from './task-store.ts'

/** Tasks younger than this are left alone: their start may be under way. In seconds. */
const graceSeconds = 10
/** Up to this age a task whose workflow was never started is started again; later it fails. In seconds. */
const restartSecondsMax = 15 * 60
/** Open tasks looked at in one page, and pages in one sweep. */
const pageTasks = 100
const pagesMax = 50

type SweepPorts = Needs<
  | 'tasks'
  | 'actions'
  | 'clusters'
  | 'controllers'
  | 'workflows'
  | 'clock'
  | 'kubeconfigs'
  | 'audit'
  | 'log'
  | ReportPort
>

/** What a sweep found and did. */
export interface Sweep {
  looked: number
  restarted: number
  failed: number
  /** Tasks that could not be looked at; the next sweep does. */
  skipped: number
}

/**
 * Finds open tasks that nothing works on (spec/errors-and-gaps.md 43): one whose workflow was never started, because the
 * process died between putting the task and starting it, is started (its name makes a double start harmless) while it is
 * young, and fails when it is old; one whose workflow has ended fails.
 */
export async function sweepTasks(ports: SweepPorts): Promise<Sweep> {
  const sweep: Sweep = { looked: 0, restarted: 0, failed: 0, skipped: 0 }
  let after: string | null = null
  for (let page = 0; page < pagesMax; page++) {
    const { ids, next }: { ids: TaskId[]; next: string | null } = await ports.tasks.listOpen({
      after,
      limit: pageTasks,
    })
    for (const id of ids) await sweepOne(ports, id, sweep)
    if (next === null) break
    after = next
  }
  ports.log.info('tasks.swept', { ...sweep })
  return sweep
}

async function sweepOne(ports: SweepPorts, id: TaskId, sweep: Sweep): Promise<void> {
  sweep.looked++
  try {
    const stored = await ports.tasks.find(id)
    if (stored && !isFinished(stored.task)) await decide(ports, stored, sweep)
  } catch (error) {
    // One task that cannot be asked about must not keep the others from being looked at.
    sweep.skipped++
    ports.log.warn('task.sweep_failed', {
      taskId: id,
      code: error instanceof GridError ? error.code : 'internal',
      error,
    })
  }
}

async function decide(ports: SweepPorts, stored: StoredTask, sweep: Sweep): Promise<void> {
  const ageSeconds = (ports.clock.now().getTime() - Date.parse(stored.createdAt)) / 1000
  // A clock that was set back makes a task one from the future; it is looked at as well.
  if (Math.abs(ageSeconds) < graceSeconds || !stored.execution) return
  const { workflow, input } = stored.execution
  const status = await ports.workflows.status(workflow, stored.task.task_id)
  if (status === 'running') return
  if (status === null && ageSeconds < restartSecondsMax) {
    await ports.workflows.start(workflow, stored.task.task_id, input)
    const { clusterId, task } = stored
    const deed = { by: 'sweep-tasks', operation: 'task.restart', clusterId, subject: `task ${task.task_id}` }
    await keepDeed(ports, deed)
    sweep.restarted++
    return
  }
  await buryTask(ports, stored, status ?? 'never_started', 'sweep-tasks')
  sweep.failed++
}
