import type { Task, TaskStep } from './task.ts'

/** Most steps kept on a task; a workflow has about 25. */
const stepsMax = 60
/** Longest detail of a step, in characters. */
const detailCharactersMax = 500

/** The step is being worked on; an attempt after the first keeps the time of the first. */
export function stepStarted(task: Task, name: string, at: Date): Task {
  const before = stepNamed(task, name)
  if (before?.status === 'running') return task
  const started_at = before?.started_at ?? at.toISOString()
  return withStep(task, { name, status: 'running', started_at, ended_at: null, detail: before?.detail ?? null })
}

/** The step goes on waiting; `detail` says for what. */
export function stepWaiting(task: Task, name: string, detail: string): Task {
  const before = stepNamed(task, name)
  return before ? withStep(task, { ...before, detail: cut(detail) }) : task
}

/** The step is over for this time; a later attempt may start it again. */
export function stepEnded(
  task: Task,
  name: string,
  ended: { status: 'succeeded' | 'failed'; at: Date; detail: string | null },
): Task {
  const at = ended.at.toISOString()
  const started_at = stepNamed(task, name)?.started_at ?? at
  const detail = ended.detail === null ? null : cut(ended.detail)
  return withStep(task, { name, status: ended.status, started_at, ended_at: at, detail })
}

/** What the named steps had done was taken back. */
export function stepsUndone(task: Task, names: readonly string[]): Task {
  const steps = (task.task_status_data.steps ?? []).map((step) =>
    names.includes(step.name) ? { ...step, status: 'undone' as const } : step,
  )
  return { ...task, task_status_data: { ...task.task_status_data, steps } }
}

/** The step of that name, if it ever began. */
export const stepNamed = (task: Task, name: string): TaskStep | undefined =>
  task.task_status_data.steps?.find((step) => step.name === name)

function withStep(task: Task, step: TaskStep): Task {
  const steps = task.task_status_data.steps ?? []
  const isKnown = steps.some(({ name }) => name === step.name)
  const next = isKnown ? steps.map((other) => (other.name === step.name ? step : other)) : [...steps, step]
  return { ...task, task_status_data: { ...task.task_status_data, steps: next.slice(0, stepsMax) } }
}

const cut = (text: string): string =>
  text.length > detailCharactersMax ? `${text.slice(0, detailCharactersMax - 1)}…` : text
