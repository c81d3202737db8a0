import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { finishTask } from '@gridgate/core/task/finish-task'
import { startTask } from '@gridgate/core/task/start-task'
import { TaskId } from '@gridgate/core/task/task'
import type { ExecutionStatus } from '@gridgate/core/task/workflows'
import { beforeEach, describe, expect, it } from 'vitest'
import { admin, type World, world } from '../../test/world.ts'
import * as close from './close-task.ts'
import * as makeAdminKey from './make-admin-key.ts'
import * as makeKey from './make-gateway-key.ts'
import * as sweep from './sweep-tasks.ts'

const id = TaskId.parse('t1')
const lock = { name: 'infra', on: 'west-1' }

let w: World
let executions: Map<string, ExecutionStatus>
let startFails: boolean
let destroyed: string[]

beforeEach(async () => {
  executions = new Map()
  startFails = false
  destroyed = []
  w = world({
    workflows: {
      async start(_, taskId) {
        if (startFails) throw new Error('not now')
        executions.set(taskId, 'running')
      },
      status: async (_, taskId) => executions.get(taskId) ?? null,
    },
    kubeconfigs: {
      put: async () => 'reference',
      open: async () => '',
      destroy: async (reference) => void destroyed.push(reference),
    },
  })
  await w.ports.clusters.create(Cluster.parse({ id: 'west-1', regionId: 'eu', nodes: { count: 0 } }))
})

const start = () =>
  startTask(w.ports, {
    taskId: id,
    type: 'cluster_infra_creation',
    caller: admin,
    clusterId: ClusterId.parse('west-1'),
    data: {},
    locks: [lock],
    workflow: 'create-cluster-infra',
    input: { taskId: id },
    kubeconfigRef: 'reference',
  })
const task = async () => (await w.ports.tasks.find(id))?.task
const sweepAfter = async (seconds: number) => {
  w.pass(seconds * 1000)
  return sweep.handler.run(w.ports, { source: 'schedule' })
}

describe('sweep-tasks', () => {
  it('starts a young task whose workflow was never started, and starts it once', async () => {
    startFails = true
    await start()
    expect((await task())?.task_status).toBe('pending')
    startFails = false
    expect(await sweepAfter(61)).toMatchObject({ looked: 1, restarted: 1, failed: 0 })
    expect(executions.get('t1')).toBe('running')
    expect(w.audit()).toMatchObject([
      { cluster_id: 'west-1', caller_id: 'system:sweep-tasks', operation: 'task.restart', subject: 'task t1' },
    ])
    expect(await sweepAfter(61)).toMatchObject({ looked: 1, restarted: 0, failed: 0 })
  })

  it('leaves a task alone whose start may be under way', async () => {
    startFails = true
    await start()
    startFails = false
    expect(await sweepAfter(9)).toMatchObject({ restarted: 0, failed: 0 })
    expect(executions.size).toBe(0)
  })

  it('fails an old task that was never started, frees its lock and destroys its kubeconfig', async () => {
    startFails = true
    await start()
    expect(await sweepAfter(15 * 60)).toMatchObject({ restarted: 0, failed: 1 })
    expect(await task()).toMatchObject({ task_status: 'failed', task_status_data: { code: 'task.lost' } })
    expect(await w.ports.tasks.holder(lock)).toBeNull()
    expect(destroyed).toEqual(['reference'])
  })

  it.each([
    ['failed', 'task.lost'],
    ['aborted', 'task.lost'],
    ['succeeded', 'task.lost'],
    ['timed_out', 'task.timed_out'],
  ] as const)('fails a task whose execution has %s without ending it', async (status, code) => {
    await start()
    executions.set('t1', status)
    expect(await sweepAfter(61)).toMatchObject({ failed: 1 })
    expect(await task()).toMatchObject({ task_status: 'failed', task_status_data: { code } })
    const deed = { caller_id: 'system:sweep-tasks', role: null, operation: 'task.bury', code }
    expect(w.audit()).toMatchObject([{ cluster_id: 'west-1', ...deed }])
    expect(await sweepAfter(61)).toMatchObject({ looked: 0 })
  })

  it('looks at a task that seems to be from the future, after a clock was set back', async () => {
    await start()
    executions.set('t1', 'aborted')
    expect(await sweepAfter(-3600)).toMatchObject({ looked: 1, failed: 1 })
    expect(await task()).toMatchObject({ task_status: 'failed' })
  })

  it('goes on past a task that it cannot look at', async () => {
    startFails = true
    await start()
    expect(await sweepAfter(61)).toMatchObject({ looked: 1, skipped: 1 })
    expect((await task())?.task_status).toBe('pending')
  })
})

describe('make-gateway-key', () => {
  it('tells of a key that it made, and of nothing when there was one', async () => {
    let isThere = false
    const ensure = async (): Promise<boolean> => {
      const isMade = !isThere
      isThere = true
      return isMade
    }
    const made = world({ gatewayKeys: { ensure } as unknown as World['ports']['gatewayKeys'] })
    await makeKey.handler.run(made.ports, {})
    await makeKey.handler.run(made.ports, {})
    expect(made.audit()).toMatchObject([
      { cluster_id: null, caller_id: 'system:make-gateway-key', operation: 'gateway_key.make' },
    ])
  })
})

describe('make-admin-key', () => {
  it('makes a key of a network admin that is good for a day, and says so in the audit log', async () => {
    const made = (await makeAdminKey.handler.run(w.ports, {})) as Record<string, string>
    expect(made).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f]{12}$/),
      key: expect.stringContaining(`gg_${made.key_id}_`),
      expires_at: '2030-01-02T00:00:00.000Z',
    })
    const { items } = await w.ports.keys.list({ after: null, limit: 10 })
    expect(items).toMatchObject([{ role: 'network-admin', clusters: '*', expiresAt: made.expires_at }])
    expect(w.audit()).toMatchObject([
      { caller_id: 'system:make-admin-key', operation: 'keys/create', subject: `key ${made.key_id}`, changes: [{}] },
    ])
    expect(JSON.stringify(w.audit())).not.toContain(made.key)
  })
})

describe('close-task', () => {
  const ended = (name: string, status: string) => close.handler.run(w.ports, { detail: { name, status, more: 1 } })

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'])('fails an open task on %s', async (status) => {
    await start()
    await ended('t1', status)
    expect((await task())?.task_status).toBe('failed')
    expect(destroyed).toEqual(['reference'])
    expect(w.audit()).toMatchObject([{ caller_id: 'system:close-task', operation: 'task.bury', cluster_id: 'west-1' }])
  })

  it('tells how a task ended that its own workflow ended', async () => {
    await start()
    await finishTask(w.ports, id, { status: 'completed', result: {} })
    await ended('t1', 'SUCCEEDED')
    expect(w.audit()).toMatchObject([{ caller_id: 'system:close-task', operation: 'task.end', code: null }])
  })

  it('leaves running, finished and unknown tasks as they are', async () => {
    await start()
    await ended('t1', 'RUNNING')
    expect((await task())?.task_status).toBe('pending')
    await ended('t1', 'FAILED')
    const before = w.snapshot()
    await ended('t1', 'ABORTED')
    await ended('somebody-else', 'FAILED')
    await ended('no task id at all', 'FAILED')
    expect(w.snapshot()).toEqual(before)
  })
})
