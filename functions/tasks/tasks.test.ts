import type { Caller } from '@gridgate/core/caller'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import type { Ports } from '@gridgate/core/ports'
import { changeTask } from '@gridgate/core/task/change-task'
import { finishTask } from '@gridgate/core/task/finish-task'
import { startTask } from '@gridgate/core/task/start-task'
import { Task, TaskId, type TaskType } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { admin, type World, world } from '../../test/world.ts'
import { requestCancel } from './cancel.ts'
import { getTasks } from './list.ts'
import { getTask } from './read.ts'
import { followTask } from './watch.ts'

const viewer: Caller = { id: 'v', role: 'viewer', clusters: ['west-1'] }
const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }

async function prepared(caller: Caller = admin, given: Partial<Ports> = {}): Promise<World> {
  const workflows = { start: async () => {}, status: async () => null }
  const kubeconfigs = { put: async () => '', open: async () => '', destroy: async () => {} }
  const w = world({ workflows, kubeconfigs, ...given }, caller)
  for (const id of ['west-1', 'east-1'])
    await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 } }))
  await add(w, 't1', 'west-1', 'cluster_infra_creation')
  await add(w, 't2', 'east-1', 'block_alloc')
  await add(w, 't3', null, 'executor_infra_creation')
  return w
}

async function add(w: World, id: string, clusterId: string | null, type: TaskType): Promise<void> {
  w.pass(1000)
  await startTask(w.ports, {
    taskId: TaskId.parse(id),
    type,
    caller: admin,
    clusterId: clusterId === null ? null : ClusterId.parse(clusterId),
    data: { cluster_id: clusterId },
    locks: [],
    workflow: 'create-cluster-infra',
    input: {},
  })
}

const finish = (w: World, id: string) => finishTask(w.ports, TaskId.parse(id), { status: 'completed', result: null })

describe('GET /tasks', () => {
  const ids = async (w: World, query = ''): Promise<unknown> => {
    const reply = await appOf(getTasks, w.ports).request(`/tasks${query}`)
    const body = (await reply.json()) as { data?: { task_id: string }[] }
    return body.data?.map(({ task_id }) => task_id) ?? body
  }

  it('shows the documented record, newest first', async () => {
    const w = await prepared()
    const reply = await appOf(getTasks, w.ports).request('/tasks')
    expect(reply.status).toBe(200)
    const body = (await reply.json()) as { success: boolean; data: unknown[]; next_cursor: unknown }
    expect(body).toMatchObject({ success: true, next_cursor: null })
    expect(body.data.map((task) => Task.parse(task).task_id)).toEqual(['t3', 't2', 't1'])
    expect(Object.keys(body.data[0] as object).sort()).toEqual([
      'task_create_timestamp',
      'task_data',
      'task_id',
      'task_status',
      'task_status_data',
      'task_type',
      'task_update_timestamp',
    ])
  })

  it('filters by type, by the original type, by status and by cluster', async () => {
    const w = await prepared()
    await finish(w, 't1')
    expect(await ids(w, '?task_type=block_alloc')).toEqual(['t2'])
    expect(await ids(w, '?task_type=block_allocation')).toEqual(['t2'])
    expect(await ids(w, '?task_type=vdag_processing')).toEqual([])
    expect(await ids(w, '?task_status=completed')).toEqual(['t1'])
    expect(await ids(w, '?cluster_id=east-1&task_status=pending')).toEqual(['t2'])
  })

  it('goes on where the page before ended, and takes no made-up cursor or one of another filter', async () => {
    const w = await prepared()
    const first = (await (await appOf(getTasks, w.ports).request('/tasks?limit=2')).json()) as { next_cursor: string }
    expect(await ids(w, `?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`)).toEqual(['t1'])
    expect(await ids(w, '?cursor=made-up')).toMatchObject({ status: 400, code: 'cursor.invalid' })
    expect(await ids(w, `?task_status=pending&cursor=${encodeURIComponent(first.next_cursor)}`)).toMatchObject({
      code: 'cursor.invalid',
    })
  })

  it.each([
    '?limit=0',
    '?limit=501',
    '?task_type=other',
    '?task_status=done',
    '?cluster_id=No',
  ])('refuses %s with 400', async (query) => {
    expect(await ids(await prepared(), query)).toMatchObject({ status: 400 })
  })

  it('shows only tasks of clusters in scope, and none of the network', async () => {
    const w = await prepared(viewer)
    expect(await ids(w)).toEqual(['t1'])
    expect(await ids(w, '?cluster_id=east-1')).toEqual([])
  })
})

describe('GET /tasks/{task_id}', () => {
  it.each(['/tasks/t1', '/task/t1'])('%s reads a task, with its version as ETag', async (path) => {
    const reply = await appOf(getTask, (await prepared()).ports).request(path)
    expect(reply.headers.get('etag')).toBe('"1"')
    expect(await reply.json()).toMatchObject({ success: true, data: { task_id: 't1', task_status: 'pending' } })
  })

  it.each(['t2', 't3', 'none'])('answers 404 alike for what is out of scope and what is not there: %s', async (id) => {
    const reply = await appOf(getTask, (await prepared(viewer)).ports).request(`/tasks/${id}`)
    expect(reply.status).toBe(404)
    expect(await reply.json()).toMatchObject({ code: 'task.not_found', detail: `no task ${id}` })
  })
})

describe('POST /tasks/{task_id}/cancel', () => {
  const cancel = (w: World, id: string): Promise<Response> =>
    Promise.resolve(appOf(requestCancel, w.ports).request(`/tasks/${id}/cancel`, { method: 'POST' }))

  it('asks the task to stop; asking twice is the same as once', async () => {
    const w = await prepared(manager)
    for (const _ of [1, 2]) {
      const reply = await cancel(w, 't1')
      expect(reply.status).toBe(200)
      expect(reply.headers.get('location')).toBe('/tasks/t1')
      expect(await reply.json()).toMatchObject({ success: true, data: { task_id: 't1' } })
    }
    expect(await w.ports.tasks.find(TaskId.parse('t1'))).toMatchObject({ cancelRequested: true, version: 2 })
  })

  it.each([
    { when: 'the task is finished', id: 't1', caller: manager, status: 409, code: 'task.finished' },
    { when: 'it is out of scope', id: 't2', caller: manager, status: 404, code: 'task.not_found' },
    { when: 'it is not there', id: 'none', caller: manager, status: 404, code: 'task.not_found' },
    { when: 'the caller may only look', id: 't1', caller: viewer, status: 403, code: 'auth.forbidden' },
  ])('refuses when $when', async ({ id, caller, status, code }) => {
    const w = await prepared(caller)
    await finish(w, 't1')
    const before = w.snapshot()
    const reply = await cancel(w, id)
    expect(reply.status).toBe(status)
    expect(await reply.json()).toMatchObject({ code })
    expect(w.snapshot()).toEqual(before)
  })
})

describe('GET /tasks/{task_id}/events', () => {
  const follow = (w: World, query = '', seen?: string): Promise<Response> =>
    Promise.resolve(
      appOf(followTask, w.ports).request(`/tasks/t1/events${query}`, {
        headers: seen === undefined ? {} : { 'last-event-id': seen },
      }),
    )

  it('tells the present state, says how to come back, and ends with its time', async () => {
    const w = await prepared(viewer)
    const reply = await follow(w, '?wait=0')
    expect(reply.headers.get('content-type')).toBe('text/event-stream')
    const [retry, event, end] = (await reply.text()).split('\n\n')
    expect(retry).toBe('retry: 1000')
    expect(event).toMatch(/^id: 1\nevent: task\ndata: \{"task_id":"t1",/)
    expect(end).toBe('')
  })

  it('tells nothing that the client has seen, and every state after that until the end', async () => {
    const w = await prepared()
    const reply = await follow(w, '', '1')
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('retry: 1000\n\n')
    await changeTask(w.ports, TaskId.parse('t1'), (stored) => ({ ...stored, cancelRequested: true }))
    expect((await reader?.read())?.value).toMatch(/^id: 2\n/)
    await finishTask(w.ports, TaskId.parse('t1'), { status: 'cancelled', undone: [] })
    expect((await reader?.read())?.value).toMatch(/^id: 3\n.*\n.*"task_status":"cancelled"/)
    expect((await reader?.read())?.done).toBe(true)
  })

  it('stops a client that has seen the end', async () => {
    const w = await prepared()
    await finish(w, 't1')
    expect((await follow(w, '', '2')).status).toBe(204)
    expect(await (await follow(w, '', '1')).text()).toContain('"task_status":"completed"')
    expect(await (await follow(w, '', 'made-up')).text()).toContain('id: 2')
  })

  it.each(['?wait=26', '?wait=-1', '?wait=x'])('refuses %s', async (query) => {
    expect((await follow(await prepared(), query)).status).toBe(400)
  })

  it('answers 404 for a task out of scope', async () => {
    const w = await prepared({ ...viewer, clusters: ['east-1'] })
    expect((await follow(w)).status).toBe(404)
  })
})
