import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import { isFinished, TaskId } from '@gridgate/core/task/task'
import { type Lock, StoredTask, type TaskFilter, type TaskStore } from '@gridgate/core/task/task-store'
import { clusterIsOpen } from './cluster-store.ts'
import { isWritten } from './is-written.ts'
import { filterPage } from './list-page.ts'
import { ConditionFailed, type Item, type Store, type Write } from './store.ts'
import { keys, lists } from './table.ts'

/** How long a finished task is kept, in days (spec/errors-and-gaps.md 49). */
export const finishedDaysKept = 30
/** Times a creation is tried whose lock was given back while its holder was asked for. */
const createAttemptsMax = 3

/** Tasks in the table. The item keeps version and end beside the document, for its conditions. */
export function taskStore(store: Store, clock: Clock): TaskStore {
  const find = async (id: TaskId): Promise<StoredTask | null> => {
    const item = await store.get(keys.task(id))
    return item && !isExpired(item, clock) ? fromItem(item) : null
  }
  return {
    find,
    create: (task, unless) => createTask(store, task, unless),
    async replace(task) {
      const next = { ...task, version: task.version + 1 }
      // A finished task is never replaced, so its locks, which others may hold by then, are given back once.
      const when = { equals: { version: task.version, finished: false } }
      const { task_id: id } = task.task
      const freed: Write[] = isFinished(task.task)
        ? [{ remove: keys.openTask(id) }, ...task.locks.map(({ name, on }) => ({ remove: keys.lock(name, on) }))]
        : []
      const isPut = await isWritten(store.write({ put: toItem(next), when }, ...freed))
      return isPut ? next : null
    },
    async holder({ name, on }) {
      const held = await store.get(keys.lock(name, on))
      return held ? TaskId.parse(held.task_id) : null
    },
    list: (filter, options) =>
      filterPage(store, { list: lists.tasks, fromItem, newestFirst: true }, options, (stored, item) =>
        matches(stored, filter) && !isExpired(item, clock) ? 'take' : 'skip',
      ),
    async listOpen({ after, limit }) {
      const { items, more } = await store.query({ from: { list: lists.openTasks }, limit, ...(after ? { after } : {}) })
      const ids = items.map((item) => TaskId.parse(item.task_id))
      return { ids, next: more ? (items.at(-1)?.listSk ?? null) : null }
    },
  }
}

/**
 * Puts a task with its locks, and whatever else is to be there with it or not at all.
 * @param beside at most about 80 writes
 * @throws {ConditionFailed} with positions in `beside` when some of it is refused; else what `TaskStore.create` throws
 */
export async function createTask(
  store: Store,
  task: StoredTask,
  unless: readonly Lock[] = [],
  beside: readonly Write[] = [],
): Promise<void> {
  const { task_id } = task.task
  const locks = task.locks.map(({ name, on }): Write => ({ put: { ...keys.lock(name, on), task_id }, when: 'absent' }))
  const free = unless.map(({ name, on }): Write => ({ check: keys.lock(name, on), when: 'absent' }))
  const open = { ...keys.openTask(task_id), listPk: lists.openTasks, listSk: positionOf(task), task_id }
  const cluster: Write[] = task.clusterId === null ? [] : [clusterIsOpen(task.clusterId)]
  const writes: Write[] = [
    { put: toItem(task), when: 'absent' },
    ...locks,
    ...free,
    { put: open },
    ...cluster,
    ...beside,
  ]
  const ownCount = writes.length - beside.length
  for (let tried = 1; tried <= createAttemptsMax; tried++) {
    try {
      return await store.write(...writes)
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error
      const refused = error.failed.filter((index) => index >= ownCount)
      if (refused.length > 0) throw new ConditionFailed(refused.map((index) => index - ownCount))
      await explain(store, task, [...task.locks, ...unless], error.failed)
    }
  }
  throw new GridError('service.unavailable', 'the lock of this task changes hands too fast', { retryAfterSeconds: 1 })
}

/** Throws what a refused creation means; returns when the lock that refused it is free again. */
async function explain(
  store: Store,
  { task, clusterId }: StoredTask,
  locks: readonly Lock[],
  failed: readonly number[],
): Promise<void> {
  if (failed.includes(0)) throw new GridError('task.exists', `there is a task ${task.task_id} already`)
  for (const [index, lock] of locks.entries()) {
    if (!failed.includes(index + 1)) continue
    const holder = await store.get(keys.lock(lock.name, lock.on))
    if (holder) throw running(String(holder.task_id), lock)
  }
  if (failed.some((index) => index > locks.length)) throw new GridError('cluster.not_found', `no cluster ${clusterId}`)
}

const running = (id: string, { name, on }: Lock): GridError =>
  new GridError('task.running', `task ${id} is working on ${name} of ${on}`, {
    details: { task_id: id },
    headers: { location: `/tasks/${id}` },
  })

function matches({ task, clusterId }: StoredTask, { type, status, clusters }: TaskFilter): boolean {
  if (type !== undefined && task.task_type !== type) return false
  if (status !== undefined && task.task_status !== status) return false
  return clusters === '*' || (clusterId !== null && clusters.includes(clusterId))
}

const positionOf = (task: StoredTask): string => `${task.createdAt}#${task.task.task_id}`

function toItem(stored: StoredTask): Item {
  const finished = isFinished(stored.task)
  const ttl = stored.task.task_update_timestamp + finishedDaysKept * 86_400
  return {
    ...keys.task(stored.task.task_id),
    listPk: lists.tasks,
    listSk: positionOf(stored),
    version: stored.version,
    finished,
    json: JSON.stringify(stored),
    ...(finished ? { ttl } : {}),
  }
}

const fromItem = (item: Item): StoredTask => StoredTask.parse(JSON.parse(String(item.json)))

/** The table removes expired items late. */
const isExpired = (item: Item, clock: Clock): boolean =>
  typeof item.ttl === 'number' && clock.now().getTime() / 1000 >= item.ttl
