import { describe, expect, it } from 'vitest'
import type { Caller } from '../caller.ts'
import { type Task, TaskId } from './task.ts'
import type { StoredTask, TaskStore } from './task-store.ts'
import { watchTask } from './watch-task.ts'

const id = TaskId.parse('t1')
const caller: Caller = { id: 'c', role: 'viewer', clusters: '*' }

/** A task whose version is what the clock says, in seconds, and which is finished from `end` on. */
async function watched(end: number, seen = 0, waitSeconds = 25): Promise<number[]> {
  let ms = 0
  const stored = (): StoredTask =>
    ({
      version: Math.floor(ms / 1000) + 1,
      clusterId: null,
      task: { task_id: id, task_status: ms >= end * 1000 ? 'completed' : 'in_progress' } as Task,
    }) as StoredTask
  const tasks = { find: async () => stored() } as unknown as TaskStore
  const ports = { tasks, clock: { now: () => new Date(ms) } }
  const pause = async (wait: number): Promise<void> => {
    ms += wait
  }
  const told: number[] = []
  for await (const { version } of watchTask(ports, { id, caller, seen, waitMs: waitSeconds * 1000, pause }))
    told.push(version)
  return told
}

describe('watching a task', () => {
  it('tells each new state once, and ends with the task', async () => {
    expect(await watched(3)).toEqual([1, 2, 3, 4])
  })

  it('tells nothing that was seen', async () => {
    expect(await watched(3, 2)).toEqual([3, 4])
    expect(await watched(3, 99)).toEqual([])
  })

  it('ends with its time', async () => {
    expect((await watched(1000)).length).toBe(26)
    expect(await watched(1000, 0, 0)).toEqual([1])
  })
})
