import { eventsPerMinuteMax } from '@gridgate/core/alarm/take-alarms'
import { describe, expect, it } from 'vitest'
import { fixture } from '../../test/alarm-trust.ts'
import { alarmWorld, alert } from '../../test/alarm-world.ts'
import { call } from '../../test/call-endpoint.ts'
import type { World } from '../../test/world.ts'
import { receiveAlertmanager } from './receive-alertmanager.ts'

describe('POST /alarms/alertmanager', () => {
  const at = '/alarms/alertmanager'

  it('takes each alert of a message', async () => {
    const w = await alarmWorld()
    const { status, body } = await call(w, receiveAlertmanager, at, fixture('alertmanager-two'))
    expect([status, (body.data?.event_ids as string[]).length, w.queued.length]).toEqual([202, 2, 2])
  })

  it('asks only rules of clusters that the key may speak of', async () => {
    const w = await alarmWorld({}, { id: 'k', role: 'service', clusters: ['east-1'] })
    await w.rule()
    await call(w, receiveAlertmanager, at, alert(0))
    await w.work()
    expect(w.asked).toEqual([])
  })

  it('lets nobody keep an alarm from rules of clusters that they may not speak of, by bringing it first', async () => {
    const w = await alarmWorld({}, { id: 'k', role: 'service', clusters: ['east-1'] })
    await w.rule()
    const first = await call(w, receiveAlertmanager, at, alert(0))
    const all = { identify: async () => ({ id: 'a', role: 'service' as const, clusters: '*' as const }) }
    const others: World = { ...w, ports: Object.create(w.ports, { authenticator: { value: all } }) }
    const second = await call(others, receiveAlertmanager, at, alert(0))
    await w.work()
    expect(w.asked).toHaveLength(1)
    expect(second.body.data?.event_id).not.toBe(first.body.data?.event_id)
    expect((await call(w, receiveAlertmanager, at, alert(0))).body).toEqual(first.body)
  })

  it('takes a bounded number of new alarms in a minute, and any number of known ones', async () => {
    const w = await alarmWorld()
    const many = (from: number, count: number) => ({
      version: '4',
      alerts: Array.from({ length: count }, (_, index) => alert(0, 'firing', { n: `${from + index}` }).alerts[0]),
    })
    await call(w, receiveAlertmanager, at, many(0, 300))
    await call(w, receiveAlertmanager, at, many(300, eventsPerMinuteMax - 300))
    expect(await call(w, receiveAlertmanager, at, many(0, 300))).toMatchObject({ status: 202 })
    expect(await call(w, receiveAlertmanager, at, many(900, 1))).toMatchObject({
      status: 429,
      body: { code: 'alarm.rate_limited' },
    })
    w.pass(60_000)
    expect(await call(w, receiveAlertmanager, at, many(900, 1))).toMatchObject({ status: 202 })
  })
})
