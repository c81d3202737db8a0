import type { Caller } from '@gridgate/core/caller'
import { describe, expect, it } from 'vitest'
import { type AlarmWorld, alarmWorld, alert, plainRule } from '../../test/alarm-world.ts'
import { type Answer, call } from '../../test/call-endpoint.ts'
import { addCluster } from '../../test/policy-world.ts'
import { addRule } from './rule-create.ts'
import { deleteRule } from './rule-delete.ts'
import { getRules } from './rule-list.ts'
import { showRule } from './rule-read.ts'
import { tryRules } from './rule-test.ts'
import { changeRule } from './rule-update.ts'

const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }
const observing = { ...plainRule, mode: 'observe' }
const path = '/failover-rules/gpu-lost'

/** Refuses, and changes nothing. */
async function refuses(w: AlarmWorld, asking: () => Promise<Answer>, status: number, code: string): Promise<void> {
  const before = w.snapshot()
  expect(await asking()).toMatchObject({ status, body: { code, success: false } })
  expect(w.snapshot()).toEqual(before)
}

describe('POST /failover-rules', () => {
  it('makes a rule that observes unless it says otherwise', async () => {
    const w = await alarmWorld({}, manager)
    const { mode: _, ...given } = plainRule
    const { status, etag, body } = await call(w, addRule, '/failover-rules', given)
    expect({ status, etag }).toEqual({ status: 200, etag: '"1"' })
    expect(body.data).toEqual({ ...given, namespace: 'default', mode: 'observe' })
    expect(await call(w, showRule, path)).toMatchObject({ etag: '"1"', body: { data: body.data } })
  })

  it('makes one that acts for a network admin alone', async () => {
    const w = await alarmWorld({}, manager)
    await refuses(w, () => call(w, addRule, '/failover-rules', plainRule), 403, 'auth.forbidden')
    const admins = await alarmWorld()
    expect(await call(admins, addRule, '/failover-rules', plainRule)).toMatchObject({ status: 200 })
  })

  it.each([
    ['a misspelt guard', { ...observing, for_second: 60 }, 400, 'request.invalid'],
    ['a cluster that is not there', { ...observing, cluster_id: 'east-1' }, 404, 'cluster.not_found'],
  ])('refuses %s', async (_, body, status, code) => {
    const w = await alarmWorld()
    await refuses(w, () => call(w, addRule, '/failover-rules', body), status, code)
  })

  it('refuses a cluster out of scope like one that is not there', async () => {
    const w = await alarmWorld({}, { ...manager, clusters: ['other'] })
    await refuses(w, () => call(w, addRule, '/failover-rules', observing), 404, 'cluster.not_found')
  })

  it('refuses a name twice', async () => {
    const w = await alarmWorld()
    await w.rule()
    await refuses(w, () => call(w, addRule, '/failover-rules', observing), 409, 'rule.exists')
  })
})

describe('PUT /failover-rules/{name}', () => {
  it('puts another rule in its place', async () => {
    const w = await alarmWorld()
    await w.rule()
    const changed = await call(w, changeRule, path, { ...observing, for_seconds: 60 }, { 'if-match': '"1"' })
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: { data: { mode: 'observe', for_seconds: 60 } } })
  })

  it.each([
    ['another version', observing, { 'if-match': '"7"' }, 412, 'precondition.failed'],
    ['another name', { ...observing, name: 'other' }, {}, 400, 'rule.invalid'],
    ['another cluster that is not there', { ...observing, cluster_id: 'east-1' }, {}, 404, 'cluster.not_found'],
  ])('refuses %s', async (_, body, headers, status, code) => {
    const w = await alarmWorld()
    await w.rule()
    await refuses(w, () => call(w, changeRule, path, body, headers), status, code)
  })

  it('lets a manager stop a rule that acts, not change what it does', async () => {
    const w = await alarmWorld({}, manager)
    await w.rule()
    await refuses(w, () => call(w, changeRule, path, { ...plainRule, node_pool: 'pool-b' }), 403, 'auth.forbidden')
    expect(await call(w, changeRule, path, { ...plainRule, mode: 'off' })).toMatchObject({ status: 200 })
  })

  it('creates nothing', async () => {
    const w = await alarmWorld()
    await refuses(w, () => call(w, changeRule, path, observing), 404, 'rule.not_found')
  })
})

describe('DELETE /failover-rules/{name}', () => {
  it('removes, and the second time is 404', async () => {
    const w = await alarmWorld()
    await w.rule()
    await refuses(w, () => call(w, deleteRule, path, undefined, { 'if-match': '"2"' }), 412, 'precondition.failed')
    expect(await call(w, deleteRule, path)).toMatchObject({ status: 200, body: { data: { name: 'gpu-lost' } } })
    await refuses(w, () => call(w, deleteRule, path), 404, 'rule.not_found')
  })
})

describe('GET /failover-rules', () => {
  it('lists what is in scope by name, page by page', async () => {
    const w = await alarmWorld({}, { ...manager, clusters: ['west-1', 'east-1'] })
    await addCluster(w, 'east-1')
    for (const [name, cluster_id] of [
      ['c', 'west-1'],
      ['a', 'east-1'],
      ['b', 'north-1'],
      ['d', 'west-1'],
    ])
      await w.rule({ name, cluster_id })
    const names = async (query: string) => {
      const { body } = await call(w, getRules, `/failover-rules?${query}`)
      return [(body.data as unknown as { name: string }[]).map(({ name }) => name), body.next_cursor ?? null]
    }
    const [first, cursor] = await names('limit=2')
    expect([first, await names(`limit=2&cursor=${cursor}`)]).toEqual([
      ['a', 'c'],
      [['d'], null],
    ])
    expect(await names('cluster_id=west-1')).toEqual([['c', 'd'], null])
    expect((await call(w, showRule, '/failover-rules/b')).body.code).toBe('rule.not_found')
  })
})

describe('POST /failover-rules/test', () => {
  const ask = (w: AlarmWorld, body: Record<string, unknown>) =>
    call(w, tryRules, '/failover-rules/test', { source: 'alertmanager', event: alert(0), ...body })

  it('shows what an alarm would do, and does nothing', async () => {
    const w = await alarmWorld()
    await w.rule()
    await w.rule({ name: 'slow', mode: 'observe', for_seconds: 60 })
    await w.rule({ name: 'disk', match: { alarm_name: 'disk-*' } })
    await w.rule({ name: 'node', node_from: 'node' })
    const before = w.snapshot()
    const { status, body } = await ask(w, {})
    expect([status, w.snapshot(), w.queued, w.asked]).toEqual([200, before, [], []])
    const told = { matches: true, target: '*', due_at: null }
    expect((body.data as unknown as { rules: unknown[] }[])[0]?.rules).toMatchObject([
      { rule: 'disk', matches: false, target: null, verdict: null },
      { rule: 'gpu-lost', ...told, verdict: 'act', mode: 'act', due_at: '2030-01-01T00:01:00.000Z' },
      { rule: 'node', matches: true, target: null, verdict: 'no_target' },
      { rule: 'slow', ...told, verdict: 'waiting', due_at: '2030-01-01T00:01:00.000Z' },
    ])
  })

  it('tries a rule that is not stored, and really asks its veto', async () => {
    const w = await alarmWorld({}, manager)
    w.answers.set('POST /query', { resultType: 'matrix', result: [{ metric: {}, values: [[1, '3']] }] })
    const rule = { ...observing, veto: { promql: 'rate(steps[1m])', for_seconds: 60 } }
    const { body } = await ask(w, { rule })
    expect(body.data).toMatchObject([{ rules: [{ verdict: 'vetoed' }] }])
  })

  it.each([
    ['an alarm that is none', { event: {} }, 400, 'alarm.invalid'],
    ['an unknown source', { source: 'pager' }, 400, 'request.invalid'],
    ['a rule of a cluster out of scope', { rule: { ...observing, cluster_id: 'east-1' } }, 404, 'cluster.not_found'],
  ])('refuses %s', async (_, body, status, code) => {
    const w = await alarmWorld({}, manager)
    await refuses(w, () => ask(w, body), status, code)
  })
})
