import type { ActionRecord } from '../action/action.ts'
import type { StoredAction } from '../action/action-store.ts'
import type { Needs } from '../ports.ts'
import type { TaskStep } from '../task/task.ts'
import type { Counted, Counts } from './counter-store.ts'

/** What became of a notification: `unqueued` never was in the queue, `dropped` is for an address that is not configured any more. */
export const notificationOutcomes = ['delivered', 'refused', 'dropped', 'buried', 'unqueued'] as const
export type NotificationOutcome = (typeof notificationOutcomes)[number]

/** Counts an action that is over, and how long its steps took. To be called by whoever ended it, once. */
export async function countAction(ports: Needs<'counters' | 'tasks' | 'log'>, { record }: StoredAction): Promise<void> {
  await add(ports, async () => ({
    clusterId: record.cluster_id,
    counts: { ...countsOf(record), ...durationsOf(await stepsOf(ports, record)) },
  }))
}

/** Counts what became of one notification. */
export const countNotifications = (ports: Needs<'counters' | 'log'>, outcome: NotificationOutcome): Promise<void> =>
  add(ports, async () => ({ clusterId: null, counts: { [`notifications#${outcome}`]: 1 } }))

/** Counting fails nothing: what it tells of has happened, and may not happen again because it was not counted. */
async function add(ports: Needs<'counters' | 'log'>, counted: () => Promise<Counted>): Promise<void> {
  try {
    await ports.counters.add(await counted())
  } catch (error) {
    ports.log.error('counter.lost', { error })
  }
}

const countsOf = ({ type, state, code }: Pick<ActionRecord, 'type' | 'state' | 'code'>): Counts => ({
  [`actions#${type}#${state}`]: 1,
  ...(state === 'refused' && code !== undefined ? { [`refusals#${code}`]: 1 } : {}),
})

async function stepsOf(
  { tasks }: Needs<'tasks'>,
  { task_id }: Pick<ActionRecord, 'task_id'>,
): Promise<readonly TaskStep[]> {
  const found = task_id === null ? null : await tasks.find(task_id)
  return found?.task.task_status_data.steps ?? []
}

/** In whole milliseconds, so that sums stay exact. A step that never ended took nobody knows how long. */
function durationsOf(steps: readonly TaskStep[]): Counts {
  const counts: Record<string, number> = {}
  for (const { name, started_at, ended_at } of steps) {
    if (ended_at === null) continue
    const took = Math.max(0, Date.parse(ended_at) - Date.parse(started_at))
    counts[`steps#${name}`] = (counts[`steps#${name}`] ?? 0) + 1
    counts[`step_ms#${name}`] = (counts[`step_ms#${name}`] ?? 0) + took
  }
  return counts
}
