import type { Caller } from '@gridgate/core/caller'
import { describe, expect, it } from 'vitest'
import { fixture, refuses, trust } from '../../test/alarm-trust.ts'
import { alarmWorld } from '../../test/alarm-world.ts'
import { call } from '../../test/call-endpoint.ts'
import { getAlarm } from './read.ts'
import { receiveEventBridge } from './receive-eventbridge.ts'

function later(body: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(body).replace('2030-01-01T00:00:04.985', '2030-01-01T01:00:04.985'))
}

describe('POST /alarms/eventbridge', () => {
  const at = '/alarms/eventbridge'

  it('takes an event, answers 202 with its id, and queues it once', async () => {
    const w = await alarmWorld({ alarmTrust: trust() })
    const first = await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    const second = await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect([first.status, second.body.data]).toEqual([202, first.body.data])
    expect(w.queued).toEqual([JSON.stringify({ event_id: first.body.data?.event_id })])
    const read = await call(w, getAlarm, `/alarms/events/${first.body.data?.event_id}`)
    expect(read.body.data).toMatchObject({
      alarm_name: 'gpu-lost',
      caller: 'test-admin',
      handled_at: null,
      outcomes: [],
    })
  })

  it('queues one again whose message was lost', async () => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    w.pass(31_000)
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect(w.queued.length).toBe(2)
    await w.work()
    w.pass(31_000)
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect(w.queued).toEqual([])
  })

  it.each([
    [['123456789012'], 202],
    [['123456789012/eu-west-1'], 202],
    [['123456789012/us-east-1', '210987654321'], 403],
  ])('believes of %j with status %i', async (eventBridgeSources, status) => {
    const w = await alarmWorld({ alarmTrust: trust({ eventBridgeSources }) })
    expect((await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))).status).toBe(status)
  })

  it.each([
    ['no event', {}, 'alarm.invalid'],
    ['a time that is yet to come', later(fixture('eventbridge-metric')), 'alarm.invalid'],
  ])('refuses %s', async (_, body, code) => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await refuses(w, () => call(w, receiveEventBridge, at, body), 400, code)
  })

  it.each([
    ['viewer', 403],
    ['cluster-manager', 403],
    ['service', 202],
  ] as const)('is for the role service: %s gets %i', async (role, status) => {
    const caller: Caller = { id: 'k', role, clusters: '*' }
    const w = await alarmWorld({ alarmTrust: trust() }, caller)
    expect((await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))).status).toBe(status)
  })
})
