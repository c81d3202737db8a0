import { networkBudgetsDefault } from '@gridgate/core/failover/budgets'
import { tripBreaker } from '@gridgate/core/failover/update-network'
import { describe, expect, it } from 'vitest'
import { call } from '../../test/call-endpoint.ts'
import { world } from '../../test/world.ts'
import { showNetwork } from './network-read.ts'
import { changeNetwork } from './network-update.ts'

const path = '/failover'
const frozen = { freeze: { reason: 'a storm', until: '2030-01-02T00:00:00Z' } }
const breaker = { tripped_at: '2030-01-01T00:00:00Z', reason: '12 of 100 nodes' }

describe('GET|PUT /failover', () => {
  it('tells the defaults, and what was set of them', async () => {
    const w = world()
    const all = { freeze: null, breaker: null, budgets: networkBudgetsDefault }
    expect(await call(w, showNetwork, path)).toMatchObject({ status: 200, etag: '"0"', body: { data: all } })
    const body = { ...frozen, budgets: { clusters_in_flight_max: 5 } }
    const changed = await call(w, changeNetwork, path, body, { 'if-match': '"0"' })
    expect(changed).toMatchObject({ status: 200, etag: '"1"' })
    expect(changed.body.data).toEqual({ ...all, ...frozen, budgets: { ...networkBudgetsDefault, ...body.budgets } })
    expect(w.audit()).toMatchObject([{ cluster_id: null, changes: [{ subject: 'failover network' }] }])
  })

  it('resumes by a breaker of null, and by nothing else; a freeze stays', async () => {
    const w = world()
    await call(w, changeNetwork, path, frozen)
    await tripBreaker(w.ports, breaker)
    await tripBreaker(w.ports, { ...breaker, reason: 'again' })
    const shown = await call(w, showNetwork, path)
    expect(shown).toMatchObject({ etag: '"2"', body: { data: { ...frozen, breaker } } })
    expect((await call(w, changeNetwork, path, shown.body.data)).body.data).toEqual(shown.body.data)
    expect((await call(w, changeNetwork, path, { breaker: null })).body.data).toMatchObject({
      ...frozen,
      breaker: null,
    })
    const { value } = await w.ports.failoverSettings.findNetwork()
    expect(value.resumed_at).toBe('2030-01-01T00:00:00.000Z')
  })

  it.each([
    ['another version', frozen, { 'if-match': '"4"' }, 412, 'precondition.failed'],
    [
      'a freeze that is over',
      { freeze: { ...frozen.freeze, until: '2029-01-01T00:00:00Z' } },
      {},
      400,
      'request.invalid',
    ],
    [
      'a window longer than the history',
      { budgets: { repairs: { max: 1, seconds: 21_601 } } },
      {},
      400,
      'request.invalid',
    ],
    ['a misspelt member', { breakers: null }, {}, 400, 'request.invalid'],
  ])('refuses %s', async (_, body, headers, status, code) => {
    const w = world()
    const before = w.snapshot()
    expect(await call(w, changeNetwork, path, body, headers)).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual(before)
  })

  it.each(['viewer', 'cluster-manager'] as const)('is read by a %s, not changed', async (role) => {
    const w = world({}, { id: 'm', role, clusters: '*' })
    expect((await call(w, showNetwork, path)).status).toBe(200)
    const before = w.snapshot()
    expect(await call(w, changeNetwork, path, frozen)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
    expect(w.snapshot()).toEqual(before)
  })
})
