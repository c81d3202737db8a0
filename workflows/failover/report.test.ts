import type { ActionBody } from '@gridgate/core/action/parse-order'
import { parseOrder } from '@gridgate/core/action/parse-order'
import { requestAction } from '@gridgate/core/action/request-action'
import { GridError } from '@gridgate/core/errors'
import { ActionEvent } from '@gridgate/core/notification/action-event'
import type { Ports } from '@gridgate/core/ports'
import { buryTask } from '@gridgate/core/task/close-task'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterId } from '../create-cluster-infra/test/infra-world.ts'
import { asker, type FailoverRoom, failoverRoom } from './test/failover-room.ts'

/** Messages of the queue. */
let queued: { target: string; event: ActionEvent }[]
let isQueueDown: boolean
let room: FailoverRoom

const notifications: Ports['notifications'] = {
  targets: ['one', 'other'],
  async send(message) {
    if (isQueueDown) throw new GridError('service.unavailable', 'the queue takes no messages')
    queued.push(JSON.parse(message))
  },
}
beforeEach(async () => {
  queued = []
  isQueueDown = false
  room = await failoverRoom({ notifications })
})
afterEach(() => room.w.close())

const cordon = { requestor: 'me', reason: 'slow', type: 'cordon_nodepool', node_pool: 'pool-a' } as ActionBody
/** What one address is told, in order. */
const told = () => queued.flatMap(({ target, event }) => (target === 'one' ? [ActionEvent.parse(event)] : []))
const states = () => told().map(({ type, data }) => `${type.split('.').at(-1)} ${data.state}`)
const counts = async (id: string | null = clusterId) =>
  (await room.w.ports.counters.list()).find(({ clusterId }) => clusterId === id)?.counts ?? {}

describe('who wants to know of actions', () => {
  it('is told when one begins and how it ended, each address by a message of its own', async () => {
    const { id, created_at, updated_at } = await room.run(cordon)
    expect(queued.map(({ target }) => target).sort()).toEqual(['one', 'one', 'other', 'other'])
    const [begun, ended] = told()
    const common = {
      ...{ id, type: 'cordon_nodepool', cluster_id: clusterId, node_pool: 'pool-a', jobset_name: null },
      ...{ requestor: 'me', identity: 'tester', reason: 'slow', code: null, error: null, left_behind: [] },
    }
    const envelope = { specversion: '1.0', source: '/gridgate/clusters/west-1', subject: id }
    expect(begun).toMatchObject({ ...envelope, type: 'io.gridgate.action.accepted', time: created_at })
    expect(ended).toMatchObject({ ...envelope, type: 'io.gridgate.action.ended', time: updated_at })
    expect([begun?.data, ended?.data]).toEqual([
      { ...common, state: 'accepted' },
      { ...common, state: 'succeeded' },
    ])
    expect(begun?.id).not.toBe(ended?.id)
  })

  it('is told of a failure with its code and what is left', async () => {
    room.pool.fault = (called) => (called === 'cordon' ? new GridError('controller.failed', 'no') : null)
    await room.run(cordon)
    expect(told().at(-1)?.data).toMatchObject({ state: 'failed', code: 'controller.failed' })
  })

  it('is told of one that was refused, each time it is, that was only observed, and that died', async () => {
    await room.w.ports.failoverSettings.replaceNetwork(
      {
        ...(await room.w.ports.failoverSettings.findNetwork()).value,
        freeze: { reason: 'power', until: '2099-01-01T00:00:00Z' },
      },
      0,
    )
    const refused = { ...cordon, id: 'again' }
    await expect(room.start(refused)).rejects.toMatchObject({ code: 'failover.frozen' })
    await room.w.clock.advance(1000)
    await expect(room.start(refused)).rejects.toMatchObject({ code: 'failover.frozen' })
    expect(new Set(told().map(({ id }) => id)).size).toBe(2)
    expect(told()[0]?.data).toMatchObject({ state: 'refused', code: 'failover.frozen' })
    const { value, version } = await room.w.ports.failoverSettings.findNetwork()
    await room.w.ports.failoverSettings.replaceNetwork({ ...value, freeze: null }, version)

    const order = parseOrder({ ...cordon, id: 'watched' }, () => '')
    await requestAction(room.w.ports, order, asker, { mode: 'observe' })
    const { record } = await room.start({ ...cordon, id: 'dies' })
    const task = record.task_id && (await room.w.ports.tasks.find(record.task_id))
    if (task) await buryTask(room.w.ports, task, 'aborted')
    expect(states()).toEqual(['ended refused', 'ended refused', 'ended observed', 'accepted accepted', 'ended failed'])
    expect(told().at(-1)?.data).toMatchObject({ id: 'dies', code: 'task.lost' })
    expect(await counts()).toMatchObject({
      'actions#cordon_nodepool#refused': 2,
      'refusals#failover.frozen': 2,
      'actions#cordon_nodepool#observed': 1,
      'actions#cordon_nodepool#failed': 1,
    })
  })

  it('is told nothing of a dry run, which is not counted either', async () => {
    await room.start({ ...cordon, dry_run: true })
    expect([queued, await counts()]).toEqual([[], {}])
  })
})

describe('an action', () => {
  it('counts once, with the time of each step, and keeps its news’ id, when its last step runs twice', async () => {
    let died = false
    room.w.afterStep = (name) => {
      if (name !== 'completeTask' || died) return
      died = true
      throw new GridError('service.unavailable', 'the step died')
    }
    const ended = await room.run(cordon)
    expect(ended.state).toBe('succeeded')
    expect(states()).toEqual(['accepted accepted', 'ended succeeded', 'ended succeeded'])
    expect(told()[2]).toEqual(told()[1])
    const taken = ended.steps.reduce(
      (sum, { started_at, ended_at }) => sum + Date.parse(ended_at ?? '') - Date.parse(started_at),
      0,
    )
    const { 'step_ms#Preflight': one, 'step_ms#Announce': two, 'step_ms#CordonPool': three, ...others } = await counts()
    expect(Number(one) + Number(two) + Number(three)).toBe(taken)
    expect(others).toEqual({
      'actions#cordon_nodepool#succeeded': 1,
      ...{ 'steps#Preflight': 1, 'steps#Announce': 1, 'steps#CordonPool': 1 },
    })
  })

  it('is not held up by a queue that is down', async () => {
    isQueueDown = true
    expect(await room.run(cordon)).toMatchObject({ state: 'succeeded' })
    expect(await counts(null)).toEqual({ 'notifications#unqueued': 4 })
    expect(room.w.logged.join()).toContain('notification.unqueued')
  })

  it('is not held up by counters that cannot be written', async () => {
    await room.w.close()
    const counters = { add: () => Promise.reject(new Error('no table')), list: async () => [] }
    room = await failoverRoom({ notifications, counters })
    expect(await room.run(cordon)).toMatchObject({ state: 'succeeded' })
    expect(states()).toEqual(['accepted accepted', 'ended succeeded'])
    expect(room.w.logged.join()).toContain('counter.lost')
  })
})
