import type { Caller } from '@gridgate/core/caller'
import { settingsDefault } from '@gridgate/core/failover/settings'
import { JsonObject } from '@gridgate/core/json'
import { keys } from '@gridgate/storage/table'
import { describe, expect, it } from 'vitest'
import { call } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { addCluster } from '../../test/policy-world.ts'
import { type World, world } from '../../test/world.ts'
import { deleteCluster } from '../clusters/delete.ts'
import { changeNetwork } from './network-update.ts'
import { showSettings } from './settings-read.ts'
import { changeSettings } from './settings-update.ts'

const path = '/clusters/west-1/failover'
const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }
const inAnHour = '2030-01-01T01:00:00Z'
const frozen = { freeze: { reason: 'maintenance of the power', until: inAnHour } }

interface Opened extends World {
  asked: ReturnType<typeof scriptedPolicies>['asked']
}

async function opened(scripts: Record<string, Script> = {}, caller?: Caller): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const w = world(policies.ports, caller)
  await addCluster(w)
  return { ...w, asked: policies.asked }
}

describe('GET /clusters/{cluster_id}/failover', () => {
  it('tells the defaults of a cluster that nobody has set anything on', async () => {
    const w = await opened()
    expect(await call(w, showSettings, path)).toMatchObject({
      status: 200,
      etag: '"0"',
      body: { data: settingsDefault },
    })
  })

  it('tells beside them what is left of the budgets, so that the settings can be put back as they are', async () => {
    const w = await opened()
    const shown = await call(w, showSettings, path)
    expect(shown.body).toMatchObject({
      remaining: expect.arrayContaining([{ budget: 'explicit.repairs_per_cluster', limit: 4, used: 0, left: 4 }]),
    })
    expect(await call(w, changeSettings, path, shown.body.data)).toMatchObject({ status: 200 })
    await w.store.write({ put: { ...keys.history('west-1'), version: 1, json: 'no history' } })
    expect(await call(w, showSettings, path)).toMatchObject({ status: 200, body: { remaining: null } })
  })

  it('does not show a freeze that is over', async () => {
    const w = await opened()
    await call(w, changeSettings, path, frozen)
    expect((await call(w, showSettings, path)).body.data).toMatchObject(frozen)
    w.pass(3600_000)
    expect((await call(w, showSettings, path)).body.data).toMatchObject({ freeze: null })
  })

  it('answers 404 for a cluster that is not there', async () => {
    const w = await opened()
    for (const [endpoint, body] of [[showSettings], [changeSettings, {}]] as const)
      expect(await call(w, endpoint, '/clusters/east-1/failover', body)).toMatchObject({ status: 404 })
  })
})

describe('PUT /clusters/{cluster_id}/failover', () => {
  it('sets what is named and leaves the rest, in budgets too', async () => {
    const w = await opened()
    await call(w, changeSettings, path, frozen)
    const body = { mode: 'act', budgets: { explicit: { cooldown_seconds: 1 } } }
    const changed = await call(w, changeSettings, path, body, { 'if-match': '"1"' })
    const explicit = { ...settingsDefault.budgets.explicit, cooldown_seconds: 1 }
    expect(changed).toMatchObject({ status: 200, etag: '"2"' })
    expect(changed.body.data).toEqual({
      ...settingsDefault,
      ...frozen,
      mode: 'act',
      budgets: { ...settingsDefault.budgets, explicit },
    })
    const changes = [{ subject: 'failover cluster west-1' }]
    expect(w.audit().slice(-2)).toMatchObject([1, 2].map(() => ({ cluster_id: 'west-1', changes })))
  })

  it('takes back what it gave', async () => {
    const w = await opened({}, manager)
    const body = {
      ...frozen,
      windows: [{ kind: 'deny', cron: '0 9 * * 1-5', minutes: 480, time_zone: 'Europe/Berlin' }],
    }
    const { body: first } = await call(w, changeSettings, path, body)
    expect((await call(w, changeSettings, path, first.data)).body.data).toEqual(first.data)
  })

  it.each([
    ['a misspelt member', { budget: {} }],
    ['a misspelt budget', { budgets: { explicit: { cooldown: 1 } } }],
    ['a mode that is none', { mode: 'on' }],
    ['a cron expression that is none', { windows: [{ kind: 'allow', cron: '61 * * * *', minutes: 1 }] }],
    ['a day that never comes', { windows: [{ kind: 'allow', cron: '0 0 30 2 *', minutes: 1 }] }],
    [
      'a time zone that is none',
      { windows: [{ kind: 'allow', cron: '0 0 * * *', minutes: 1, time_zone: 'Mars/Base' }] },
    ],
    ['a freeze that is over', { freeze: { reason: 'r', until: '2030-01-01T00:00:00Z' } }],
    ['a freeze without an end in sight', { freeze: { reason: 'r', until: '2030-04-02T00:00:00Z' } }],
    ['a key in place of a role', { providers: [{ kind: 'ec2', role_arn: 'AKIAIOSFODNN7EXAMPLE', allow: [] }] }],
  ])('refuses %s', async (_, body) => {
    const w = await opened()
    const before = w.snapshot()
    expect(await call(w, changeSettings, path, body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(w.snapshot()).toEqual(before)
  })

  it('names the window that cannot be', async () => {
    const w = await opened()
    const body = { windows: [{ kind: 'allow', cron: '0 0 * * *', minutes: 1, time_zone: 'Mars/Base' }] }
    expect((await call(w, changeSettings, path, body)).body.details).toEqual({
      problems: [{ in: 'body', pointer: '/windows/0', detail: 'Mars/Base is not a time zone' }],
    })
  })

  it('refuses another version', async () => {
    const w = await opened()
    const before = w.snapshot()
    const refused = await call(w, changeSettings, path, frozen, { 'if-match': '"3"' })
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition.failed' } })
    expect(w.snapshot()).toEqual(before)
  })

  it.each([
    ['mode act', { mode: 'act' }, ['mode']],
    [
      'more repairs',
      { budgets: { automatic: { repairs_per_cluster: { max: 3, seconds: 3600 } } } },
      ['budgets.automatic.repairs_per_cluster'],
    ],
    [
      'the same in less time',
      { budgets: { explicit: { repairs_per_pool: { max: 1, seconds: 60 } } } },
      ['budgets.explicit.repairs_per_pool'],
    ],
    [
      'no limit',
      { budgets: { automatic: { unavailable_percent_max: null } } },
      ['budgets.automatic.unavailable_percent_max'],
    ],
    [
      'as whom the gateway repairs',
      { providers: [{ kind: 'webhook', allow: ['https://repair.example'] }] },
      ['providers'],
    ],
  ])('lets only a network admin set %s', async (_, body, fields) => {
    const w = await opened({}, manager)
    const before = w.snapshot()
    const refused = await call(w, changeSettings, path, body)
    expect(refused).toMatchObject({ status: 403, body: { code: 'auth.forbidden', details: { fields } } })
    expect(w.snapshot()).toEqual(before)
    expect((await call(await opened(), changeSettings, path, body)).status).toBe(200)
  })

  it.each([
    ['a freeze', frozen],
    [
      'lower budgets',
      { budgets: { automatic: { unavailable_percent_max: 5, attempts_per_node: { max: 0, seconds: 86_400 } } } },
    ],
    ['a longer pause', { budgets: { explicit: { cooldown_seconds: 60 } } }],
    ['mode off', { mode: 'off' }],
  ])('lets a cluster manager set %s', async (_, body) => {
    const w = await opened({}, manager)
    expect(await call(w, changeSettings, path, body)).toMatchObject({ status: 200, body: { data: body } })
  })

  it('does not let a cluster manager shorten a pause', async () => {
    const w = await opened({}, manager)
    await call(w, changeSettings, path, { budgets: { explicit: { cooldown_seconds: 60 } } })
    const shorter = await call(w, changeSettings, path, { budgets: { explicit: { cooldown_seconds: 59 } } })
    expect(shorter).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
  })

  it('keeps both changes of two who came at once', async () => {
    const w = await opened()
    await Promise.all([
      call(w, changeSettings, path, { mode: 'off' }),
      call(w, changeSettings, path, { uncordon_when_verified: true }),
    ])
    const { etag, body } = await call(w, showSettings, path)
    expect({ etag, data: body.data }).toMatchObject({
      etag: '"2"',
      data: { mode: 'off', uncordon_when_verified: true },
    })
  })
})

describe('the policy for update_cluster', () => {
  it('sees the cluster with its settings before and after, and the change', async () => {
    const w = await opened({ update_cluster: (input) => ({ input }) })
    await call(w, changeSettings, path, { mode: 'off' })
    expect(w.asked).toMatchObject([
      {
        action: 'update_cluster',
        input: {
          cluster_data: { id: 'west-1', failover: { ...settingsDefault, mode: 'off' } },
          current_cluster_data: { id: 'west-1', failover: settingsDefault },
          update: { failover: { mode: 'off' } },
        },
      },
    ])
  })

  it('may refuse, and is not asked about what is refused anyway', async () => {
    const w = await opened({ update_cluster: () => ({ denied: 'not today' }) })
    const before = await call(w, showSettings, path)
    const refused = await call(w, changeSettings, path, frozen)
    expect(refused).toMatchObject({ status: 403, body: { code: 'pre_check.denied' } })
    await call(w, changeSettings, path, frozen, { 'if-match': '"7"' })
    expect(w.asked).toHaveLength(1)
    expect(await call(w, showSettings, path)).toEqual(before)
  })

  const rewriting =
    (failover: object): Script =>
    (input) => ({ input: { ...input, cluster_data: JsonObject.parse({ id: 'west-1', failover }) } })

  it('may change the settings', async () => {
    const w = await opened({ update_cluster: rewriting({ ...settingsDefault, mode: 'off' }) })
    expect((await call(w, changeSettings, path, { mode: 'act' })).body.data).toEqual({
      ...settingsDefault,
      mode: 'off',
    })
  })

  it.each([
    ['settings that are none', rewriting({ mode: 'off' }), 502, 'policy.bad_verdict'],
    [
      'a freeze that is over',
      rewriting({ ...settingsDefault, freeze: { reason: 'r', until: '2029-01-01T00:00:00Z' } }),
      502,
      'policy.bad_verdict',
    ],
    ['what the caller may not set', rewriting({ ...settingsDefault, mode: 'act' }), 403, 'auth.forbidden'],
  ])('cannot make them %s', async (_, script, status, code) => {
    const w = await opened({ update_cluster: script }, manager)
    expect(await call(w, changeSettings, path, { mode: 'off' })).toMatchObject({ status, body: { code } })
    expect((await call(w, showSettings, path)).body.data).toEqual(settingsDefault)
  })

  const { automatic } = settingsDefault.budgets
  it.each([
    ['the mode', { mode: 'act' }],
    ['a budget', { budgets: { ...settingsDefault.budgets, automatic: { ...automatic, pools_in_flight_max: 9 } } }],
    ['providers', { providers: [{ kind: 'ec2', allow: ['123456789012'] }] }],
  ])('cannot raise %s by the change of a network admin, who did not ask for that', async (_, more) => {
    const w = await opened({ update_cluster: rewriting({ ...settingsDefault, ...more }) })
    expect(await call(w, changeSettings, path, { mode: 'off' })).toMatchObject({
      status: 502,
      body: { code: 'policy.bad_verdict' },
    })
    expect((await call(w, showSettings, path)).body.data).toEqual(settingsDefault)
  })
})

describe('the removal of a cluster', () => {
  it('takes its settings along', async () => {
    const w = await opened()
    await call(w, changeSettings, path, { mode: 'act' })
    await call(w, deleteCluster, '/clusters/delete/west-1')
    await addCluster(w)
    expect((await call(w, showSettings, path)).body.data).toEqual(settingsDefault)
  })
})

describe('the settings of the network', () => {
  it('are no part of a cluster', async () => {
    const w = await opened()
    await call(w, changeNetwork, '/failover', frozen)
    expect((await call(w, showSettings, path)).body.data).toEqual(settingsDefault)
  })
})
