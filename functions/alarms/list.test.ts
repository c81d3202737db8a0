import { describe, expect, it } from 'vitest'
import { alarmWorld, alert } from '../../test/alarm-world.ts'
import { type Answer, call } from '../../test/call-endpoint.ts'
import { addCluster } from '../../test/policy-world.ts'
import { getAlarms } from './list.ts'
import { getAlarm } from './read.ts'
import { receiveAlertmanager } from './receive-alertmanager.ts'

describe('GET /alarms/events', () => {
  const ids = (answer: Answer): string[] =>
    (answer.body.data as unknown as { alarm_name: string }[]).map((e) => e.alarm_name)

  it('lists from the newest, narrowed, page by page', async () => {
    const w = await alarmWorld()
    await w.rule()
    for (const alertname of ['gpu-a', 'disk', 'gpu-b']) {
      await call(w, receiveAlertmanager, '/alarms/alertmanager', alert(0, 'firing', { alertname }))
      w.pass(1000)
    }
    await w.work()
    const list = (query: string) => call(w, getAlarms, `/alarms/events?${query}`)
    const first = await list('limit=2')
    expect(ids(first)).toEqual(['gpu-b', 'disk'])
    expect(ids(await list(`limit=2&cursor=${first.body.next_cursor}`))).toEqual(['gpu-a'])
    expect(ids(await list('rule=gpu-lost&state=alarm&source=alertmanager'))).toEqual(['gpu-b', 'gpu-a'])
    expect(ids(await list('alarm_name=disk'))).toEqual(['disk'])
    expect((await list('cursor=made-up')).body.code).toBe('cursor.invalid')
  })

  it('shows who is bound to clusters only what their rules were asked about', async () => {
    const caller = { id: 'v', role: 'viewer' as const, clusters: ['east-1'] }
    const viewing = await alarmWorld({}, caller)
    await viewing.rule()
    const { takeAlarms } = await import('@gridgate/core/alarm/take-alarms')
    const { parseAlertmanager } = await import('@gridgate/core/alarm/parse-alertmanager')
    const { event_id } = await takeAlarms(viewing.ports, parseAlertmanager(alert(0)), { id: 'k', clusters: '*' })
    await viewing.work()
    expect((await call(viewing, getAlarms, '/alarms/events')).body.data).toEqual([])
    const read = await call(viewing, getAlarm, `/alarms/events/${event_id}`)
    expect(read).toMatchObject({ status: 404, body: { code: 'alarm.not_found' } })
  })

  it('tells by no filter which rules of other clusters were asked', async () => {
    const viewing = await alarmWorld({}, { id: 'v', role: 'viewer' as const, clusters: ['west-1'] })
    await viewing.rule()
    await addCluster(viewing, 'east-1')
    await viewing.rule({ name: 'hidden', cluster_id: 'east-1' })
    const { takeAlarms } = await import('@gridgate/core/alarm/take-alarms')
    const { parseAlertmanager } = await import('@gridgate/core/alarm/parse-alertmanager')
    await takeAlarms(viewing.ports, parseAlertmanager(alert(0)), { id: 'k', clusters: '*' })
    await viewing.work()
    const { items } = await viewing.ports.alarms.list({ after: null, limit: 9 })
    expect(items[0]?.outcomes.map(({ rule }) => rule).sort()).toEqual(['gpu-lost', 'hidden'])
    const [own, hidden, absent] = await Promise.all(
      ['gpu-lost', 'hidden', 'absent'].map((rule) => call(viewing, getAlarms, `/alarms/events?rule=${rule}`)),
    )
    expect([ids(own as Answer).length, hidden?.body]).toEqual([1, absent?.body])
  })
})
