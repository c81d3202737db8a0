import { describe, expect, it } from 'vitest'
import { GridError } from '../errors.ts'
import { finishTask } from './finish-task.ts'
import { stepEnded, stepStarted, stepsUndone, stepWaiting } from './progress.ts'
import { type Task, TaskId, type TaskStatus } from './task.ts'
import { taskStep } from './task-step.ts'
import type { StoredTask, TaskStore } from './task-store.ts'

const id = TaskId.parse('t1')
const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second))
const newTask = (task_status: TaskStatus = 'pending'): Task => ({
  task_id: id,
  task_type: 'block_alloc',
  task_data: {},
  task_status,
  task_status_data: {},
  task_create_timestamp: 0,
  task_update_timestamp: 0,
})

/** One task in memory; `interfere` is called before each write, as somebody else who writes in between. */
function oneTask(given: Partial<StoredTask> = {}, interfere: (stored: StoredTask) => StoredTask = (same) => same) {
  let now = 0
  let stored = { task: newTask(), version: 1, cancelRequested: false, kubeconfigRef: 'ref', ...given } as StoredTask
  let writes = 0
  const tasks = {
    find: async () => structuredClone(stored),
    async replace(next: StoredTask) {
      stored = interfere(stored)
      if (next.version !== stored.version) return null
      writes++
      stored = { ...next, version: next.version + 1 }
      return stored
    },
  } as unknown as TaskStore
  const destroyed: string[] = []
  const log = { info() {}, warn() {}, error() {} }
  const kubeconfigs = {
    put: async () => '',
    open: async () => '',
    destroy: async (ref: string) => void destroyed.push(ref),
  }
  const ports = { tasks, log, kubeconfigs, clock: { now: () => at(now++) } }
  return { ports, destroyed, current: () => stored, writes: () => writes }
}
const state = { taskId: id, count: 1 }

describe('a step of a task', () => {
  it('is recorded with its begin, its end and what it did, and hands the state on', async () => {
    const one = oneTask()
    const next = await taskStep(one.ports, state, 'First', async () => ({ detail: 'made 3', state: { count: 2 } }))
    expect(next).toEqual({ taskId: id, count: 2 })
    const { task_status, task_status_data } = one.current().task
    expect(task_status).toBe('in_progress')
    expect(task_status_data.steps).toEqual([
      {
        name: 'First',
        status: 'succeeded',
        started_at: at(0).toISOString(),
        ended_at: expect.any(String),
        detail: 'made 3',
      },
    ])
  })

  it('keeps the time of its first attempt, and its failure until the next one', async () => {
    const one = oneTask()
    const failing = taskStep(one.ports, state, 'First', async () => Promise.reject(new GridError('kube.failed', 'no')))
    await expect(failing).rejects.toMatchObject({ code: 'kube.failed' })
    const [failed] = one.current().task.task_status_data.steps ?? []
    expect(failed).toMatchObject({ status: 'failed', detail: 'kube.failed: no' })
    await taskStep(one.ports, state, 'First', async () => ({}))
    expect(one.current().task.task_status_data.steps).toMatchObject([
      { status: 'succeeded', started_at: failed?.started_at, detail: null },
    ])
  })

  it('tells nobody the text of a failure that is none of ours', async () => {
    const one = oneTask()
    const failing = taskStep(one.ports, state, 'First', async () => Promise.reject(new Error('secret')))
    await expect(failing).rejects.toMatchObject({ code: 'internal', message: expect.not.stringContaining('secret') })
    expect(JSON.stringify(one.current())).not.toContain('secret')
  })

  it('writes nothing while it waits for the same thing', async () => {
    const one = oneTask()
    const wait = (detail: string) => taskStep(one.ports, state, 'Wait', async () => ({ detail, isWaiting: true }))
    await wait('0 of 1')
    const before = one.writes()
    await wait('0 of 1')
    expect(one.writes()).toBe(before)
    await wait('still 0 of 1')
    expect(one.writes()).toBe(before + 1)
    expect(one.current().task.task_status_data.steps).toMatchObject([{ status: 'running', ended_at: null }])
  })

  it('does no work once cancellation was asked for, unless it undoes or closes', async () => {
    const one = oneTask({ cancelRequested: true })
    let worked = 0
    const work = async () => {
      worked++
      return {}
    }
    await expect(taskStep(one.ports, state, 'First', work)).rejects.toMatchObject({ code: 'task.cancelled' })
    expect([worked, one.writes()]).toEqual([0, 0])
    await taskStep(one.ports, state, 'Undo', work, { evenIfCancelled: true })
    expect(worked).toBe(1)
  })

  it('does no work for a finished task', async () => {
    const one = oneTask({ task: newTask('failed') })
    await expect(taskStep(one.ports, state, 'First', async () => ({}))).rejects.toMatchObject({ code: 'task.finished' })
    expect(one.writes()).toBe(0)
  })

  it('is recorded beside what somebody else writes at the same time', async () => {
    let left = 2
    const one = oneTask({}, (stored) =>
      left-- > 0 ? { ...stored, version: stored.version + 1, memo: { seen: left } } : stored,
    )
    await taskStep(one.ports, state, 'First', async () => ({}))
    expect(one.current().memo).toEqual({ seen: 0 })
    expect(one.current().task.task_status_data.steps).toMatchObject([{ status: 'succeeded' }])
  })
})

describe('the end of a task', () => {
  it('is final, destroys the kubeconfig, and leaves no step running', async () => {
    const one = oneTask({ task: stepStarted(newTask('in_progress'), 'First', at(0)) })
    await finishTask(one.ports, id, { status: 'failed', code: 'task.lost', error: 'gone', step: 'First' })
    expect(one.destroyed).toEqual(['ref'])
    expect(one.current().task).toMatchObject({
      task_status: 'failed',
      task_status_data: { code: 'task.lost', left_behind: [], steps: [{ status: 'failed' }] },
    })
    const before = one.current()
    await finishTask(one.ports, id, { status: 'completed', result: 1 })
    expect(one.current()).toEqual(before)
  })

  it('is no completion when cancellation was asked for first', async () => {
    const one = oneTask({ cancelRequested: true })
    await expect(finishTask(one.ports, id, { status: 'completed', result: 1 })).rejects.toMatchObject({
      code: 'task.cancelled',
    })
    expect(one.destroyed).toEqual([])
    expect(one.current().task.task_status).toBe('pending')
  })

  it('keeps a result of a bounded size, and says when it left one out', async () => {
    const one = oneTask()
    await finishTask(one.ports, id, { status: 'completed', result: 'x'.repeat(200_000) })
    expect(one.current().task.task_status_data).toMatchObject({
      result: null,
      result_omitted: expect.stringContaining('200002 bytes'),
    })
  })
})

describe('the record of steps', () => {
  it('is bounded in number and in length', () => {
    let task = newTask()
    for (let n = 0; n < 100; n++)
      task = stepEnded(task, `S${n}`, { status: 'succeeded', at: at(0), detail: 'x'.repeat(1000) })
    expect(task.task_status_data.steps?.length).toBe(60)
    expect(task.task_status_data.steps?.[0]?.detail?.length).toBe(500)
  })

  it('marks what was taken back', () => {
    const task = stepEnded(newTask(), 'A', { status: 'succeeded', at: at(0), detail: null })
    expect(stepsUndone(task, ['A', 'B']).task_status_data.steps).toMatchObject([{ name: 'A', status: 'undone' }])
    expect(stepWaiting(task, 'B', 'x')).toEqual(task)
  })
})
