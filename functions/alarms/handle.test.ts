import { parseAlertmanager } from '@gridgate/core/alarm/parse-alertmanager'
import { takeAlarms } from '@gridgate/core/alarm/take-alarms'
import { GridError } from '@gridgate/core/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AlarmWorld, alarmWorld, alert } from '../../test/alarm-world.ts'
import { call } from '../../test/call-endpoint.ts'
import { admin } from '../../test/world.ts'
import { receiveAlertmanager } from './receive-alertmanager.ts'
import { replayAlarm } from './replay-dead-letter.ts'

let w: AlarmWorld
beforeEach(async () => {
  w = await alarmWorld()
})

/** Brings an alert; gives the id of its event. */
async function bring(...given: Parameters<typeof alert>): Promise<string> {
  const { status, body } = await call(w, receiveAlertmanager, '/alarms/alertmanager', alert(...given))
  expect(status).toBe(202)
  return String(body.data?.event_id)
}
const outcomes = async (id: string) => (await w.event(id)).outcomes

describe('an alarm that a rule is about', () => {
  it('becomes the action of the rule, in the name of the rule', async () => {
    await w.rule()
    const id = await bring(0)
    expect(await w.work()).toEqual({ batchItemFailures: [] })
    const [{ order, asker } = {}] = w.asked
    expect(order).toMatchObject({
      type: 'cordon_and_repair_nodepool',
      cluster_id: 'west-1',
      node_pool: 'pool-a',
      node_name: null,
      requestor: 'failover rule gpu-lost',
      reason: 'alarm gpu-lost: alarm',
      force: false,
    })
    expect(asker).toEqual({
      caller: { id: 'rule:gpu-lost', role: 'service', clusters: ['west-1'] },
      requestId: null,
      automatic: { rule: 'gpu-lost', mode: 'act', event_id: id },
    })
    expect(await w.event(id)).toMatchObject({
      handled_at: '2030-01-01T00:00:00.000Z',
      outcomes: [{ rule: 'gpu-lost', verdict: 'acted', action_id: order?.id, action_state: 'accepted', due_at: null }],
    })
  })

  it('is only watched by a rule that observes, and by one that is off not at all', async () => {
    await w.rule({ mode: 'observe' })
    await w.rule({ name: 'off', mode: 'off' })
    const id = await bring(0)
    await w.work()
    expect(w.asked.map(({ asker }) => asker.automatic.mode)).toEqual(['observe'])
    expect(await outcomes(id)).toMatchObject([{ rule: 'gpu-lost', verdict: 'observed' }])
  })

  it('is told by its end that it is over', async () => {
    await w.rule({ for_seconds: 60 })
    const id = await bring(0)
    await w.work()
    expect(await outcomes(id)).toMatchObject([{ verdict: 'waiting', due_at: '2030-01-01T00:01:00.000Z' }])
    const end = await bring(30, 'resolved')
    await w.work()
    expect(await outcomes(end)).toMatchObject([{ verdict: 'closed' }])
    expect(await outcomes(id)).toMatchObject([{ verdict: 'cleared', due_at: null }])
    w.pass(120_000)
    expect(await w.sweep()).toEqual({ looked: 0, skipped: 0 })
    expect(w.asked).toEqual([])
  })

  it('is acted on by the sweep once it has lasted', async () => {
    await w.rule({ for_seconds: 60 })
    const id = await bring(0)
    await w.work()
    w.pass(59_000)
    expect(await w.sweep()).toEqual({ looked: 0, skipped: 0 })
    w.pass(1_000)
    expect(await w.sweep()).toEqual({ looked: 1, skipped: 0 })
    expect(await outcomes(id)).toMatchObject([{ verdict: 'acted', due_at: null }])
    w.pass(600_000)
    expect(await w.sweep()).toEqual({ looked: 0, skipped: 0 })
    expect(w.asked.length).toBe(1)
  })

  it('is left alone by a rule that was switched off, or changed to another cluster, meanwhile', async () => {
    const rule = await w.rule({ for_seconds: 60 })
    await bring(0)
    await w.work()
    await w.ports.failoverRules.replace({ ...rule, mode: 'off' }, 1)
    w.pass(60_000)
    expect([await w.sweep(), await w.sweep(), w.asked]).toEqual([
      { looked: 1, skipped: 0 },
      { looked: 0, skipped: 0 },
      [],
    ])
  })

  it('names the node, or the instance that it runs on', async () => {
    const nodes = [
      { kubernetes: { name: 'node-1', provider_id: 'aws:///eu-west-1a/i-0123456789abcdef0' } },
      { kubernetes: { name: 'node-2', provider_id: 'aws:///eu-west-1a/i-0123456789abcdef1' } },
    ]
    w.answers.set('GET /nodes', { nodes, next_cursor: null })
    await w.rule({ node_from: 'node' })
    const known = await bring(0, 'firing', { node: 'node-7' })
    const instance = await bring(0, 'firing', { node: 'i-0123456789abcdef1' })
    const stranger = await bring(0, 'firing', { node: 'i-0123456789abcdef9' })
    const nobody = await bring(0, 'firing')
    await w.work()
    expect(w.asked.map(({ order }) => order.node_name)).toEqual(['node-7', 'node-2'])
    expect((await outcomes(known))[0]).toMatchObject({ verdict: 'acted', target: 'node-7' })
    expect((await outcomes(instance))[0]).toMatchObject({ verdict: 'acted' })
    expect((await outcomes(stranger))[0]).toMatchObject({ verdict: 'refused', code: 'node.not_found' })
    expect((await outcomes(nobody))[0]).toMatchObject({ verdict: 'no_target', target: null })
  })
})

describe('the veto', () => {
  const veto = { promql: 'rate(steps[1m])', for_seconds: 120 }
  const progress = (value: string): void => {
    const result = [
      {
        metric: {},
        values: [
          [1, '0'],
          [2, value],
        ],
      },
    ]
    w.answers.set('POST /query', { resultType: 'matrix', result })
  }

  it('holds the action while its cluster says that work goes on', async () => {
    await w.rule({ veto })
    progress('0.5')
    const id = await bring(0)
    await w.work()
    expect(await outcomes(id)).toMatchObject([{ verdict: 'vetoed', due_at: '2030-01-01T00:01:00.000Z' }])
    w.pass(60_000)
    progress('0')
    await w.sweep()
    expect(await outcomes(id)).toMatchObject([{ verdict: 'acted' }])
  })

  it('holds it too where the cluster cannot be asked, and says so', async () => {
    await w.rule({ veto })
    const id = await bring(0)
    await w.work()
    expect([(await outcomes(id))[0]?.verdict, w.asked]).toEqual(['unasked', []])
  })
})

describe('one incident', () => {
  it('of 10,000 deliveries is one event and one action', async () => {
    await w.rule()
    const ids = new Set<string>()
    const events = parseAlertmanager(alert(0))
    for (let batch = 0; batch < 100; batch++) {
      const brought = await Promise.all(Array.from({ length: 100 }, () => takeAlarms(w.ports, events, admin)))
      for (const { event_id } of brought) ids.add(event_id)
      // As a queue delivers that gives each message more than once, to several at a time.
      w.queued.push(...w.queued, ...[...ids].map((event_id) => JSON.stringify({ event_id })))
      await Promise.all([w.work(), w.work(), w.work()])
    }
    expect([ids.size, w.actions.size, w.asked.length]).toEqual([1, 1, 1])
    expect((await outcomes([...ids][0] ?? '')).map(({ verdict }) => verdict)).toEqual(['acted'])
  })

  it('of 10,000 deliveries handled at the same time, past intake, is one action', async () => {
    await w.rule()
    const id = await bring(0)
    const message = w.queued.splice(0)[0] ?? ''
    for (let batch = 0; batch < 100; batch++) {
      const many = Array.from({ length: 100 }, async () => {
        w.queued.push(message)
        return w.work()
      })
      await Promise.all(many)
    }
    expect(w.actions.size).toBe(1)
    expect((await outcomes(id)).map(({ verdict }) => verdict)).toEqual(['acted'])
  })

  it('told of by many nodes’ alarms at the same time is one action', async () => {
    await w.rule()
    const messages = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => bring(0, 'firing', { node: `n${index}` })),
    )
    const waiting = w.queued.splice(0)
    const works = waiting.map((message) => {
      w.queued.push(message)
      return w.work()
    })
    await Promise.all(works)
    expect(w.actions.size).toBe(1)
    const verdicts = await Promise.all(messages.map(async (id) => (await outcomes(id))[0]?.verdict))
    expect(verdicts.filter((verdict) => verdict === 'acted').length).toBe(1)
  })

  it('is folded while its action goes on, and a new one when that is over', async () => {
    await w.rule()
    await bring(0)
    await bring(1, 'resolved')
    const again = await bring(2)
    await w.work()
    expect(await outcomes(again)).toMatchObject([{ verdict: 'folded', action_id: w.asked[0]?.order.id }])
    await bring(3, 'resolved')
    w.actions.set(w.asked[0]?.order.id ?? '', 'succeeded')
    const last = await bring(4)
    await w.work()
    expect(await outcomes(last)).toMatchObject([{ verdict: 'acted' }])
    expect(w.actions.size).toBe(2)
  })
})

describe('an action that is not taken', () => {
  it('is a refusal where asking again would not change it', async () => {
    await w.rule()
    w.refusal = new GridError('task.running', 'somebody works on pool-a')
    const id = await bring(0)
    expect(await w.work()).toEqual({ batchItemFailures: [] })
    expect(await outcomes(id)).toMatchObject([
      { verdict: 'refused', code: 'task.running', detail: 'somebody works on pool-a' },
    ])
    w.pass(600_000)
    expect(await w.sweep()).toMatchObject({ looked: 0 })
  })

  it('is asked for again under its id where nobody can say', async () => {
    await w.rule()
    w.refusal = new GridError('controller.unreachable', 'nobody answers')
    const id = await bring(0)
    await w.work()
    expect(await outcomes(id)).toMatchObject([{ verdict: 'failed', code: 'controller.unreachable' }])
    w.refusal = null
    w.pass(60_000)
    await w.sweep()
    expect(await outcomes(id)).toMatchObject([{ verdict: 'acted' }])
    expect(new Set(w.asked.map(({ order }) => JSON.stringify(order))).size).toBe(1)
  })
})

describe('handling that was cut short', () => {
  it.each(['alarms', 'alarmWatches'] as const)('at any write to %s goes on to the one action', async (port) => {
    for (let cut = 0; cut < 6; cut++) {
      w = await alarmWorld()
      await w.rule()
      const id = await bring(0)
      const message = w.queued[0] ?? ''
      const writes = port === 'alarms' ? w.ports.alarms : w.ports.alarmWatches
      const name = port === 'alarms' ? 'replace' : 'write'
      const real = (writes as unknown as Record<string, (value: never) => Promise<never>>)[name]
      let left = cut
      Object.assign(writes, {
        [name]: async (value: never) => {
          if (left-- === 0) throw new Error('the process died')
          return real?.(value)
        },
      })
      await w.work()
      w.queued.push(message)
      await w.work()
      w.pass(61_000)
      await w.sweep()
      expect(w.actions.size).toBe(1)
      expect((await w.event(id)).outcomes[0]?.action_id).toBe(w.asked[0]?.order.id)
    }
  })
})

describe('the queue', () => {
  it('takes CloudWatch’s events straight from EventBridge', async () => {
    await w.rule()
    const state = { value: 'ALARM', timestamp: '2030-01-01T00:00:00.000+0000' }
    const event = {
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      account: '123456789012',
      region: 'eu-west-1',
      detail: { alarmName: 'gpu-lost', state },
    }
    w.queued.push(JSON.stringify(event), JSON.stringify(event))
    expect(await w.work()).toEqual({ batchItemFailures: [] })
    expect(w.asked.length).toBe(1)
  })

  it('gives back what cannot be handled, and that alone', async () => {
    await w.rule()
    await bring(0)
    w.queued.push('no JSON', '{}')
    expect(await w.work()).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }] })
    expect(w.asked.length).toBe(1)
  })

  it('needs no event that has expired', async () => {
    w.queued.push('{"event_id":"gone"}')
    expect(await w.work()).toEqual({ batchItemFailures: [] })
  })
})

it('a dead letter is listed, replayed once, and then gone', async () => {
  const { handler } = await import('../internal/bury-alarm.ts')
  const { getDeadAlarms } = await import('./list-dead-letters.ts')
  await w.rule()
  await bring(0)
  const [body = ''] = w.queued.splice(0)
  const records = [
    { messageId: 'd1', body },
    { messageId: 'd2', body: 'no JSON' },
  ]
  expect(await handler.run(w.ports, { Records: records })).toEqual({ batchItemFailures: [] })
  const listed = await call(w, getDeadAlarms, '/alarms/dead-letters')
  expect(listed.body).toMatchObject({ data: [{ id: 'd2', event_id: null }, { id: 'd1' }], next_cursor: null })
  const path = '/alarms/dead-letters/d1/replay'
  expect(await call(w, replayAlarm, path)).toMatchObject({ status: 202, body: { data: { id: 'd1' } } })
  expect(await call(w, replayAlarm, path)).toMatchObject({ status: 404, body: { code: 'alarm.dead_letter_not_found' } })
  await w.work()
  expect(w.asked.length).toBe(1)
})
