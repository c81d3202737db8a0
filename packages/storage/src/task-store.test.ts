import { ClusterId } from '@gridgate/core/cluster/cluster'
import { TaskId, type TaskStatus, type TaskType } from '@gridgate/core/task/task'
import type { StoredTask } from '@gridgate/core/task/task-store'
import { expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'
import { finishedDaysKept, taskStore } from './task-store.ts'

const start = Date.UTC(2030, 0, 1)
const lock = { name: 'infra', on: 'west-1' }

interface Given {
  clusterId?: string | null
  status?: TaskStatus
  type?: TaskType
  second?: number
  locks?: StoredTask['locks']
}

function newTask(id: string, given: Given = {}): StoredTask {
  const { clusterId = 'west-1', status = 'pending', type = 'cluster_infra_creation', second = 0, locks = [] } = given
  return {
    task: {
      task_id: TaskId.parse(id),
      task_type: type,
      task_data: { cluster_id: clusterId },
      task_status: status,
      task_status_data: {},
      task_create_timestamp: start / 1000 + second,
      task_update_timestamp: start / 1000 + second,
    },
    version: 1,
    createdAt: new Date(start + second * 1000).toISOString(),
    callerId: 'tester',
    clusterId: clusterId === null ? null : ClusterId.parse(clusterId),
    cancelRequested: false,
    locks,
    execution: null,
    kubeconfigRef: null,
    memo: {},
  }
}

const ended = (stored: StoredTask, task_status: TaskStatus): StoredTask => ({
  ...stored,
  task: { ...stored.task, task_status },
})

describeOnEveryStore('the task store', (open) => {
  let now = start
  async function opened(): Promise<{ store: Store; tasks: ReturnType<typeof taskStore> }> {
    now = start
    const store = await open()
    for (const id of ['west-1', 'east-1']) await store.write({ put: { ...keys.cluster(id), open: true } })
    return { store, tasks: taskStore(store, { now: () => new Date(now) }) }
  }

  it('puts no task while somebody holds a lock that it must not meet, and does not take that lock', async () => {
    const { store, tasks } = await opened()
    await tasks.create(newTask('t1', { locks: [lock] }))
    const other = newTask('t2', { locks: [{ name: 'node#n1', on: 'west-1' }] })
    await expect(tasks.create(other, [lock])).rejects.toMatchObject({
      code: 'task.running',
      details: { task_id: 't1' },
    })
    expect(await tasks.find(other.task.task_id)).toBeNull()
    expect(await store.get(keys.lock('node#n1', 'west-1'))).toBeNull()
    const first = await tasks.find(TaskId.parse('t1'))
    if (first) await tasks.replace(ended(first, 'completed'))
    await tasks.create(other, [lock])
    expect(await tasks.holder(lock)).toBeNull()
    await tasks.create(newTask('t3', { locks: [lock] }))
  })

  it('gives back what was put, at version 1', async () => {
    const { tasks } = await opened()
    const task = newTask('t1', { locks: [lock] })
    await tasks.create(task)
    expect(await tasks.find(task.task.task_id)).toEqual(task)
    expect(await tasks.find(TaskId.parse('other'))).toBeNull()
  })

  it('never lets two tasks hold one lock, and names the one that does', async () => {
    const { tasks } = await opened()
    await tasks.create(newTask('t1', { locks: [lock] }))
    await expect(tasks.create(newTask('t2', { locks: [lock] }))).rejects.toMatchObject({
      code: 'task.running',
      details: { task_id: 't1' },
      headers: { location: '/tasks/t1' },
    })
    expect(await tasks.find(TaskId.parse('t2'))).toBeNull()
    expect(await tasks.holder(lock)).toBe('t1')
    await tasks.create(newTask('t3', { locks: [{ name: 'infra', on: 'east-1' }] }))
  })

  it('puts no task for a cluster that is not there or is being removed, and no id twice', async () => {
    const { store, tasks } = await opened()
    await store.write({ put: { ...keys.cluster('going-1'), open: false } })
    await expect(tasks.create(newTask('t1', { clusterId: 'going-1' }))).rejects.toMatchObject({
      code: 'cluster.not_found',
    })
    await expect(tasks.create(newTask('t1', { clusterId: 'gone-1', locks: [lock] }))).rejects.toMatchObject({
      code: 'cluster.not_found',
    })
    expect(await tasks.holder(lock)).toBeNull()
    await tasks.create(newTask('t2'))
    await expect(tasks.create(newTask('t2'))).rejects.toMatchObject({ code: 'task.exists' })
  })

  it('writes only over the version that was read', async () => {
    const { tasks } = await opened()
    const task = newTask('t1')
    await tasks.create(task)
    const second = await tasks.replace({ ...task, memo: { step: 1 } })
    expect(second).toMatchObject({ version: 2 })
    expect(await tasks.replace({ ...task, memo: { step: 'late' } })).toBeNull()
    expect(await tasks.find(task.task.task_id)).toEqual(second)
  })

  it('gives the locks back with the end, and never again changes a finished task', async () => {
    const { tasks } = await opened()
    const task = newTask('t1', { locks: [lock] })
    await tasks.create(task)
    const finished = await tasks.replace(ended(task, 'failed'))
    await tasks.create(newTask('t2', { locks: [lock] }))
    expect(await tasks.replace({ ...ended(task, 'completed'), version: 2 })).toBeNull()
    expect(await tasks.find(task.task.task_id)).toEqual(finished)
    expect(await tasks.holder(lock)).toBe('t2')
  })

  it('forgets a finished task after its time, and an unfinished one never', async () => {
    const { tasks } = await opened()
    const task = newTask('t1')
    await tasks.create(task)
    await tasks.create(newTask('t2'))
    await tasks.replace(ended(task, 'completed'))
    now = start + finishedDaysKept * 86_400_000
    expect(await tasks.find(task.task.task_id)).toBeNull()
    expect(await tasks.find(TaskId.parse('t2'))).not.toBeNull()
    const { items } = await tasks.list({ clusters: '*' }, { after: null, limit: 10 })
    expect(items.map((item) => item.task.task_id)).toEqual(['t2'])
  })

  it('lists newest first, filtered, page by page', async () => {
    const { tasks } = await opened()
    for (let second = 0; second < 7; second++)
      await tasks.create(
        newTask(`t${second}`, {
          second,
          clusterId: second % 2 === 0 ? 'west-1' : second === 5 ? null : 'east-1',
          type: second < 4 ? 'block_alloc' : 'cluster_infra_remove',
        }),
      )
    const ids = async (...[filter]: Parameters<typeof tasks.list>[0][]): Promise<string[]> => {
      const found: string[] = []
      let after: string | null = null
      do {
        const page: Awaited<ReturnType<typeof tasks.list>> = await tasks.list(filter ?? { clusters: '*' }, {
          after,
          limit: 2,
        })
        expect(page.items.length).toBeLessThanOrEqual(2)
        found.push(...page.items.map(({ task }) => task.task_id))
        after = page.nextCursor
      } while (after !== null)
      return found
    }
    expect(await ids()).toEqual(['t6', 't5', 't4', 't3', 't2', 't1', 't0'])
    expect(await ids({ clusters: ['west-1'] })).toEqual(['t6', 't4', 't2', 't0'])
    expect(await ids({ clusters: [] })).toEqual([])
    expect(await ids({ clusters: '*', type: 'block_alloc' })).toEqual(['t3', 't2', 't1', 't0'])
    expect(await ids({ clusters: '*', status: 'completed' })).toEqual([])
  })

  it('names open tasks, oldest first, until they finish', async () => {
    const { tasks } = await opened()
    const first = newTask('t1', { second: 1 })
    await tasks.create(newTask('t2', { second: 2 }))
    await tasks.create(first)
    expect(await tasks.listOpen({ after: null, limit: 1 })).toMatchObject({ ids: ['t1'], next: expect.any(String) })
    await tasks.replace(ended(first, 'cancelled'))
    expect(await tasks.listOpen({ after: null, limit: 10 })).toEqual({ ids: ['t2'], next: null })
  })
})
