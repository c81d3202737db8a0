import { newWatch } from '@gridgate/core/alarm/alarm-watch'
import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import { parseWebhook } from '@gridgate/core/alarm/parse-webhook'
import type { StoredAlarm } from '@gridgate/core/alarm/stored-alarm'
import { describe, expect, it } from 'vitest'
import { testCipher } from '../../../test/test-cipher.ts'
import { alarmStore } from './alarm-store.ts'
import { alarmWatchStore } from './alarm-watch-store.ts'
import { describeOnEveryStore } from './contract.ts'
import { deadAlarmStore } from './dead-alarm-store.ts'
import { failoverRuleStore } from './failover-rule-store.ts'
import { keys } from './table.ts'
import { webhookSecretStore } from './webhook-secret-store.ts'

const start = Date.UTC(2030, 0, 1)
const iso = (second: number): string => new Date(start + second * 1000).toISOString()
const count = { bucket: 'k', minute: 1, max: 100 }
const clock = { now: () => new Date(start) }

function alarm(name: string, second: number): StoredAlarm {
  const [event] = parseWebhook({ alarm_name: name, state: 'alarm', state_at: iso(second) })
  if (!event) throw new Error('no event')
  const received = { received_at: iso(second), caller: 'k', clusters: ['west-1'], handled_at: null }
  return { ...event, ...received, outcomes: [], version: 1 }
}

const rule = (name: string, more: Record<string, unknown> = {}): FailoverRule =>
  FailoverRule.parse({
    name,
    match: { alarm_name: '*' },
    cluster_id: 'west-1',
    node_pool: 'p',
    type: 'cordon_nodepool',
    ...more,
  })

const watchOf = (target: string, due: number | null = null) => {
  const { name, cluster_id } = rule('a')
  return { ...newWatch({ rule: name, cluster_id, target }), due_at: due === null ? null : iso(due) }
}

describeOnEveryStore('the alarm stores', (open) => {
  describe('alarms', () => {
    it('are kept once, change from the version that was read, and expire', async () => {
      const store = await open()
      const alarms = alarmStore(store)
      const one = alarm('one', 0)
      expect([await alarms.create(one, count), await alarms.create(one, count)]).toEqual(['created', 'known'])
      expect(await alarms.find(one.event_id)).toEqual(one)
      expect(await alarms.replace({ ...one, handled_at: iso(1) })).toBe(true)
      expect(await alarms.replace({ ...one, handled_at: iso(2) })).toBe(false)
      expect(await alarms.find(one.event_id)).toEqual({ ...one, handled_at: iso(1), version: 2 })
      expect(await alarms.replace(alarm('two', 0))).toBe(false)
      expect((await store.get(keys.alarm(one.event_id)))?.ttl).toBe(start / 1000 + 90 * 86_400)
    })

    it('are listed from the newest, page by page', async () => {
      const alarms = alarmStore(await open())
      for (const [name, second] of [
        ['a', 1],
        ['b', 3],
        ['c', 2],
      ] as const)
        await alarms.create(alarm(name, second), count)
      const first = await alarms.list({ after: null, limit: 2 })
      expect(first.items.map(({ alarm_name }) => alarm_name)).toEqual(['b', 'c'])
      const second = await alarms.list({ after: first.nextCursor, limit: 2 })
      expect([second.items.map(({ alarm_name }) => alarm_name), second.nextCursor]).toEqual([['a'], null])
    })

    it('are counted by minute, those that are new, until the count is full', async () => {
      const alarms = alarmStore(await open())
      const create = (name: string, minute: number) => alarms.create(alarm(name, 0), { bucket: 'k', minute, max: 3 })
      const many = ['a', 'a', 'b', 'a', 'c'].map((name) => create(name, 7))
      expect((await Promise.all(many)).sort()).toEqual(['created', 'created', 'created', 'known', 'known'])
      expect([await create('d', 7), await create('a', 7), await create('d', 8)]).toEqual([
        'too_many',
        'known',
        'created',
      ])
      expect(await alarms.find(alarm('d', 0).event_id)).not.toBeNull()
    })
  })

  describe('watches', () => {
    it('are new where nothing is known, and written by compare-and-set', async () => {
      const watches = alarmWatchStore(await open(), clock)
      const fresh = await watches.read(watchOf('n1'))
      expect(fresh).toEqual(watchOf('n1'))
      const written = await watches.write({ ...fresh, phase: 'waiting' })
      expect(written).toMatchObject({ phase: 'waiting', version: 1 })
      expect(await watches.write({ ...fresh, phase: 'done' })).toBeNull()
      expect(await watches.read(watchOf('n1'))).toEqual(written)
      expect(await watches.read(watchOf('n2'))).toEqual(watchOf('n2'))
    })

    it('are found when they are due, the longest due first, and no more once they are not', async () => {
      const watches = alarmWatchStore(await open(), clock)
      for (const [target, due] of [
        ['a', 20],
        ['b', 10],
        ['c', 31],
        ['d', null],
        ['e', 30],
      ] as const)
        await watches.write(watchOf(target, due))
      const dueAt = async (second: number, limit = 10): Promise<string[]> =>
        (await watches.listDue(new Date(start + second * 1000), limit)).map(({ target }) => target)
      expect([await dueAt(30), await dueAt(30, 1), await dueAt(9)]).toEqual([['b', 'a', 'e'], ['b'], []])
      await watches.write({ ...(await watches.read(watchOf('b'))), due_at: null })
      expect(await dueAt(30)).toEqual(['a', 'e'])
    })
  })

  it('rules are created once, change and go from the version that was read, and are listed by name', async () => {
    const rules = failoverRuleStore(await open())
    expect(await rules.create(rule('b'))).toEqual({ rule: rule('b'), version: 1 })
    await rules.create(rule('a'))
    await expect(rules.create(rule('b'))).rejects.toMatchObject({ code: 'rule.exists' })
    const next = rule('b', { mode: 'act' })
    expect(await rules.replace(next, 1)).toEqual({ rule: next, version: 2 })
    await expect(rules.replace(rule('b'), 1)).rejects.toMatchObject({ code: 'rule.changed' })
    await expect(rules.remove(rule('b').name, 1)).rejects.toMatchObject({ code: 'rule.changed' })
    const first = await rules.list({ after: null, limit: 1 })
    const second = await rules.list({ after: first.nextCursor, limit: 1 })
    expect([first.items, second.items, second.nextCursor]).toEqual([
      [{ rule: rule('a'), version: 1 }],
      [{ rule: next, version: 2 }],
      null,
    ])
    await rules.remove(rule('b').name, 2)
    expect(await rules.find(rule('b').name)).toBeNull()
  })

  it('dead letters are kept once each, from the newest, until they are taken away', async () => {
    const dead = deadAlarmStore(await open())
    const letter = (id: string, second: number) => ({ id, at: iso(second), event_id: null, message: '{}' })
    for (const [id, second] of [
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ] as const)
      await dead.put(letter(id, second))
    expect(await dead.list({ after: null, limit: 5 })).toEqual({
      items: [letter('b', 2), letter('a', 1)],
      nextCursor: null,
    })
    await dead.remove('b')
    await dead.remove('b')
    expect([await dead.find('b'), await dead.find('a')]).toEqual([null, letter('a', 1)])
  })

  it('dead letters that are large make pages of which each fits into a reply', async () => {
    const dead = deadAlarmStore(await open())
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`.padStart(3, '0'))
    // 300 kB each.
    for (const id of ids) await dead.put({ id, at: iso(0), event_id: null, message: '字'.repeat(100_000) })
    const seen: string[][] = []
    let after: string | null = null
    do {
      const page = await dead.list({ after, limit: 500 })
      expect(Buffer.byteLength(JSON.stringify(page.items))).toBeLessThan(4_600_000)
      seen.push(page.items.map(({ id }) => id))
      after = page.nextCursor
    } while (after !== null)
    expect(seen.flat().sort()).toEqual([...ids].sort())
    expect(seen).toHaveLength(2)
  })

  describe('webhook secrets', () => {
    it('are kept sealed, and opened only under their own id', async () => {
      const store = await open()
      const secrets = webhookSecretStore(store, testCipher())
      const entry = (id: string) => ({ secret_id: id, name: 'monitor', created_at: iso(0) })
      await secrets.create({ ...entry('a'), secret: 'whsec_canary' })
      expect(await secrets.list()).toEqual([entry('a')])
      expect(await secrets.open()).toEqual([{ ...entry('a'), secret: 'whsec_canary' }])
      const item = await store.get(keys.webhookSecret('a'))
      expect(Buffer.from(item?.sealed as Uint8Array).includes('canary')).toBe(false)
      await store.write({ put: { ...item, ...keys.webhookSecret('b'), listSk: 'b', json: JSON.stringify(entry('b')) } })
      expect((await secrets.open()).map(({ secret_id }) => secret_id)).toEqual(['a'])
      expect([await secrets.remove('a'), await secrets.remove('a')]).toEqual([true, false])
    })
  })
})
