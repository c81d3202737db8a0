import { describe, expect, it } from 'vitest'
import { alarmed, asked, entry, now, plan, reading, secondsAgo, survey } from '../../../../test/surveyed.ts'
import { TaskId } from '../task/task.ts'
import { type GuardReading, guardAction } from './guard-action.ts'
import { HistoryEntry, NetworkEntry } from './history.ts'
import { settingsDefault } from './settings.ts'

const settings = (more: object): Partial<GuardReading> => ({ settings: { ...settingsDefault, mode: 'act', ...more } })
const freeze = { reason: 'a new switch', until: secondsAgo(-60) }
const outside = { window: { isInside: false, detail: 'outside of every allowing window' } }
const { network } = reading()
const tripped = { network: { ...network, breaker: { tripped_at: secondsAgo(60), reason: '30 of 100' } } }
const forced = { order: { type: 'repair_nodepool', ladder: [], force: true } } as const

describe('a verdict', () => {
  it.each([
    ['goes on where nothing stops it', {}, asked()],
    ['goes on for an alarm that may act', {}, alarmed()],
    ['takes no notice of the mode for a person', settings({ mode: 'off' }), asked()],
    ['takes no notice of the breaker for a person', tripped, asked()],
    ['only warns a person outside of a window', outside, asked()],
    [
      'lets a network admin through a freeze by force',
      settings({ freeze }),
      asked({ ...forced, role: 'network-admin' }),
    ],
    [
      'takes no notice of a freeze that is over',
      settings({ freeze: { ...freeze, until: now.toISOString() } }),
      asked(),
    ],
  ])('%s', (_, more, action) => {
    expect(guardAction(reading([], more), action).kind).toBe('go')
  })

  it.each([
    ['failover is switched off', settings({ enabled: false }), asked(), 'failover.disabled'],
    ['the mode is off', settings({ mode: 'off' }), alarmed(), 'failover.disabled'],
    ['the rule is off', {}, alarmed({ alarm: { mode: 'off' } }), 'failover.disabled'],
    ['the cluster is frozen', settings({ freeze }), asked(), 'failover.frozen'],
    ['the network is frozen', { network: { ...network, freeze } }, asked(), 'failover.frozen'],
    ['it is frozen and somebody else forces it', settings({ freeze }), asked(forced), 'failover.frozen'],
    ['the breaker is tripped', tripped, alarmed(), 'failover.frozen'],
    ['it is outside of a window', outside, alarmed(), 'failover.outside_window'],
    ['the plan names an unknown node', {}, asked({ plan: plan(0, 'ghost') }), 'budget.unreadable'],
    [
      'the survey contradicts itself',
      {},
      asked({ survey: survey(10, { accelerator_nodes: { total: 9, unavailable: 0 } }) }),
      'budget.unreadable',
    ],
  ])('refuses when %s', (_, more, action, code) => {
    expect(guardAction(reading([], more), action)).toMatchObject({ kind: 'refuse', error: { code } })
  })

  it('tells a freeze with its reason and its end', () => {
    expect(guardAction(reading([], settings({ freeze })), asked())).toMatchObject({
      error: {
        status: 409,
        message: `failover is frozen until ${freeze.until}: a new switch`,
        details: { scope: 'cluster west-1', ...freeze },
      },
    })
  })

  it('tells a budget with its name, its arithmetic and when to come back', () => {
    expect(guardAction(reading([entry(600)]), asked())).toMatchObject({
      kind: 'refuse',
      error: {
        code: 'budget.exhausted',
        status: 429,
        retryAfterSeconds: 3000,
        message: 'the budget is used up: explicit.repairs_per_pool (repairs of pool a in 3600 s: 1 + 1 = 2, at most 1)',
        details: { budget: 'explicit.repairs_per_pool', budgets: [{ limit: 1, used: 1, after: 2 }] },
      },
    })
  })

  it.each([
    ['the cluster', settings({ mode: 'observe' }), alarmed()],
    ['the rule', {}, alarmed({ alarm: { mode: 'observe' } })],
    ['the cluster, frozen or not', settings({ mode: 'observe', freeze }), alarmed()],
  ])('observes where the mode of %s says so, and shows the checks all the same', (_, more, action) => {
    const verdict = guardAction(reading([entry(600)], more), action)
    expect(verdict).toMatchObject({ kind: 'observe', breaker: null })
    expect(verdict.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain(
      'budget automatic.repairs_per_pool',
    )
  })

  it('defers a repair to another system that repairs the pool, not a cordon', () => {
    const surveyed = survey(10, { nodes: { n7: { repairer: 'karpenter' } } })
    expect(guardAction(reading(), asked({ survey: surveyed }))).toMatchObject({
      kind: 'defer',
      detail: 'karpenter repairs node n7 by itself',
    })
    const cordon = asked({
      survey: surveyed,
      order: { type: 'cordon_nodepool', ladder: [], force: false },
      plan: plan(1),
    })
    expect(guardAction(reading(), cordon).kind).toBe('go')
  })
})

describe('what is remembered of an action', () => {
  it('is what it does, in both histories, and how large the cluster is', () => {
    const action = asked({
      order: { type: 'cordon_and_repair_nodepool', ladder: [], force: false },
      plan: plan(3, 'n2'),
    })
    const written = entry(0, { action: TaskId.parse('new'), type: 'cordon_and_repair_nodepool', repairs: ['n2'] })
    const both = [entry(7200), { ...written, cordoned: 3 }]
    expect(guardAction(reading([entry(7200)]), action)).toMatchObject({
      kind: 'go',
      next: {
        cluster: { entries: both.map((each) => HistoryEntry.parse(each)) },
        network: {
          entries: both.map((each) => NetworkEntry.parse(each)),
          accelerator_nodes: { 'east-1': { count: 900 }, 'west-1': { count: 100, at: now.toISOString() } },
        },
      },
    })
  })

  it('leaves out what no budget looks at any more', () => {
    const verdict = guardAction(reading([entry(7 * 86_400), entry(6 * 3600)]), asked())
    if (verdict.kind !== 'go') throw new Error('it goes')
    expect(verdict.next.cluster.entries.map(({ action }) => action)).toEqual(['earlier-21600', 'new'])
    expect(verdict.next.network.entries.map(({ action }) => action)).toEqual(['new'])
  })

  it('is the same when it is asked again before a batch', () => {
    const first = guardAction(reading(), asked())
    if (first.kind !== 'go') throw new Error('it goes')
    const again = guardAction(reading([], { history: first.next, now: new Date(now.getTime() + 60_000) }), asked())
    expect(again.kind === 'go' && again.next.cluster).toEqual(first.next.cluster)
  })
})
