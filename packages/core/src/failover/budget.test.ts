import { describe, expect, it } from 'vitest'
import { alarmed, asked, type Done, entry, plan, reading, secondsAgo, survey } from '../../../../test/surveyed.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { TaskId } from '../task/task.ts'
import { type GuardedAction, type GuardReading, guardAction } from './guard-action.ts'
import { clusterEntriesMax, networkEntriesMax } from './history.ts'
import { settingsDefault } from './settings.ts'

const HOUR = 3600
const DAY = 86_400
const east = ClusterId.parse('east-1')
const cordon = { type: 'cordon_nodepool', ladder: [], force: false } as const

/** The rows that do not hold, by name. */
const exhausted = (given: GuardReading, action: GuardedAction): string[] =>
  guardAction(given, action)
    .budgets.filter(({ ok }) => !ok)
    .map(({ name }) => name)
const rowOf = (name: string, given: GuardReading, action: GuardedAction) =>
  guardAction(given, action).budgets.find((row) => row.name === name)

const repairs = (count: number, seconds: number, more: Partial<Done> = {}): Done[] =>
  Array.from({ length: count }, (_, at) =>
    entry(seconds, { action: TaskId.parse(`r-${seconds}-${at}`), pool: `p${at}`, repairs: [`x${at}`], ...more }),
  )

describe('repairs in a sliding window', () => {
  it.each([
    ['one of the pool an hour ago less a second', [entry(HOUR - 1)], asked(), ['explicit.repairs_per_pool']],
    ['one of the pool exactly an hour ago', [entry(HOUR)], asked(), []],
    ['one of another pool', [entry(1, { pool: 'b' })], asked(), []],
    ['four in the cluster', repairs(4, 10), asked(), ['explicit.repairs_per_cluster']],
    ['three in the cluster', repairs(3, 10), asked(), []],
    ['many in another cluster', repairs(9, 10, { cluster_id: east }), asked(), []],
    [
      'two of the node in a day',
      [entry(DAY - 1, { repairs: ['n2'], pool: 'old' }), entry(HOUR, { repairs: ['n2'], pool: 'old' })],
      asked(),
      ['explicit.attempts_per_node'],
    ],
    ['two of the pool in a day', [entry(DAY - 1), entry(HOUR)], asked(), ['explicit.attempts_per_pool']],
    ['two of the pool, one exactly a day ago', [entry(DAY), entry(HOUR)], asked(), []],
    [
      'one that was done from the future, by a clock that was set back',
      [entry(-60)],
      asked(),
      ['explicit.repairs_per_pool'],
    ],
    ['one of the pool, and only a cordon is asked for', [entry(1)], asked({ order: cordon, plan: plan(1) }), []],
    [
      'a cordon of the pool',
      [entry(1, { type: 'cordon_nodepool', repairs: [], repaired: 0, cordoned: 1 })],
      asked(),
      [],
    ],
    ['its own entry', [entry(0, { action: TaskId.parse('new') })], asked(), []],
    [
      'one of the pool six hours ago less a second',
      [entry(6 * HOUR - 1)],
      alarmed(),
      ['automatic.repairs_per_pool', 'automatic.attempts_per_pool'],
    ],
    ['one of the pool exactly six hours ago', [entry(6 * HOUR)], alarmed(), ['automatic.attempts_per_pool']],
    ['one of the pool exactly a day ago', [entry(DAY)], alarmed(), []],
    ['two in the cluster', repairs(2, 10), alarmed(), ['automatic.repairs_per_cluster']],
    ['six in the network', repairs(6, 10, { cluster_id: east }), alarmed(), ['network.repairs']],
    ['six in the network exactly an hour ago', repairs(6, HOUR, { cluster_id: east }), alarmed(), []],
  ])('%s', (_, entries, action, names) => {
    expect(exhausted(reading(entries), action)).toEqual(names)
  })

  it('tells when it may be tried again: when the oldest that must go is out of the window', () => {
    const given = reading([...repairs(3, 100), entry(3000, { pool: 'b' }), entry(2000, { pool: 'c' })])
    expect(rowOf('explicit.repairs_per_cluster', given, asked())).toMatchObject({
      ...{ limit: 4, used: 5, after: 6, ok: false, retry_after_seconds: 1600 },
      arithmetic: 'repairs of cluster west-1 in 3600 s: 5 + 1 = 6, at most 4',
    })
  })

  it('of none at all says the whole window', () => {
    const explicit = { ...settingsDefault.budgets.explicit, repairs_per_pool: { max: 0, seconds: 60 } }
    const settings = { ...settingsDefault, budgets: { ...settingsDefault.budgets, explicit } }
    expect(rowOf('explicit.repairs_per_pool', reading([], { settings }), asked())).toMatchObject({
      ok: false,
      retry_after_seconds: 60,
    })
  })
})

describe('the cooldown', () => {
  const settings = {
    ...settingsDefault,
    budgets: { ...settingsDefault.budgets, explicit: { ...settingsDefault.budgets.explicit, cooldown_seconds: 2 } },
  }
  const cordoned = (seconds: number, more: Partial<Done> = {}) =>
    entry(seconds, { type: 'cordon_nodepool', repairs: [], repaired: 0, ...more })

  it.each([
    ['the same type and pool a moment ago', cordoned(1), ['explicit.cooldown_seconds']],
    ['exactly the interval ago', cordoned(2), []],
    ['another type', cordoned(1, { type: 'uncordon_nodepool' }), []],
    ['another pool', cordoned(1, { pool: 'b' }), []],
  ])('looks at %s', (_, before, names) => {
    expect(exhausted(reading([before], { settings }), asked({ order: cordon, plan: plan(1) }))).toEqual(names)
  })

  it('goes by the JobSet where no pool is concerned', () => {
    const restart = { type: 'cordon_nodepool_and_restart_jobset', ladder: [], force: false } as const
    const jobset = { namespace: 'default', name: 'train', uid: 'u' }
    const action = asked({ order: restart, plan: { ...plan(0), pool: null, jobset } })
    const before = (name: string) => cordoned(1, { type: restart.type, pool: null, jobset: `default/${name}` })
    expect(exhausted(reading([before('train')], { settings }), action)).toEqual(['explicit.cooldown_seconds'])
    expect(exhausted(reading([before('other')], { settings }), action)).toEqual([])
  })
})

describe('nodes out of service', () => {
  const out = { ready: false }
  const cordonOf = (count: number, surveyed: GuardedAction['survey']) =>
    alarmed({ order: cordon, plan: plan(count), survey: surveyed })
  const cluster = (total: number, unavailable: number) => ({ accelerator_nodes: { total, unavailable } })

  it.each([
    ['a fifth of the pool', cordonOf(2, survey(10)), []],
    ['one more than a fifth', cordonOf(3, survey(10)), ['automatic.unavailable_in_pool']],
    ['a fifth, rounded down', cordonOf(2, survey(9)), ['automatic.unavailable_in_pool']],
    ['a node that is out already', alarmed({ survey: survey(10, { nodes: { n1: out, n2: out } }) }), []],
    [
      'a node that is out already, of too many',
      alarmed({ survey: survey(10, { nodes: { n1: out, n2: out, n3: out } }) }),
      ['automatic.unavailable_in_pool'],
    ],
    [
      'one that somebody cordoned',
      alarmed({ survey: survey(10, { nodes: { n5: { unschedulable: true }, n6: out } }) }),
      ['automatic.unavailable_in_pool'],
    ],
    ['one of a pool of four', alarmed({ survey: survey(4) }), []],
    ['two of a pool of four', cordonOf(2, survey(4)), ['automatic.unavailable_in_pool']],
    ['one of a pool of five', alarmed({ survey: survey(5) }), []],
    ['more than a fifth of the cluster', cordonOf(2, survey(10, cluster(20, 3))), ['automatic.unavailable_in_cluster']],
    ['a fifth of the cluster', cordonOf(2, survey(10, cluster(20, 2))), []],
    ['one of a cluster of two', alarmed({ survey: survey(2, cluster(2, 0)) }), []],
    ['a whole slice', cordonOf(16, survey(16, { is_atomic: true, ...cluster(32, 0) })), []],
    [
      'a whole slice by the repair of one node',
      alarmed({ survey: survey(16, { is_atomic: true, ...cluster(32, 0) }) }),
      [],
    ],
    [
      'a slice when another is out',
      cordonOf(16, survey(16, { is_atomic: true, ...cluster(32, 16) })),
      ['automatic.unavailable_in_cluster'],
    ],
    [
      'a pool without accelerators',
      cordonOf(
        3,
        survey(10, {
          ...cluster(0, 0),
          nodes: Object.fromEntries(survey(10).nodes.map(({ name }) => [name, { accelerators: 0 }])),
        }),
      ),
      ['automatic.unavailable_in_pool'],
    ],
    ['all, when a person asks', asked({ order: cordon, plan: plan(10) }), []],
    [
      'all, to be given back',
      alarmed({ order: { type: 'uncordon_nodepool', ladder: [], force: false }, plan: plan(10) }),
      [],
    ],
  ])('%s', (_, action, names) => {
    expect(exhausted(reading(), action)).toEqual(names)
  })

  it('are limited by a count beside the percentage, for a person too where it is set', () => {
    const settings = (more: object) => ({
      ...settingsDefault,
      mode: 'act' as const,
      budgets: {
        explicit: { ...settingsDefault.budgets.explicit, ...more },
        automatic: { ...settingsDefault.budgets.automatic, ...more },
      },
    })
    const counted = reading([], { settings: settings({ unavailable_count_max: 1 }) })
    expect(exhausted(counted, asked({ order: cordon, plan: plan(2) }))).toHaveLength(2)
    expect(exhausted(counted, cordonOf(2, survey(10)))).toHaveLength(2)
    const none = reading([], { settings: settings({ unavailable_count_max: 0 }) })
    expect(exhausted(none, alarmed({ survey: survey(4) }))).toContain('automatic.unavailable_in_pool')
  })

  it('are told with their arithmetic', () => {
    expect(rowOf('automatic.unavailable_in_pool', reading(), cordonOf(3, survey(10)))?.arithmetic).toBe(
      'nodes out of service of 10 in the pool (20 % = 2, rounded down): 0 + 3 = 3, at most 2',
    )
  })
})

describe('alarms at once', () => {
  const working = (more: Partial<Done>) => entry(7000, { repairs: [], repaired: 0, is_automatic: true, ...more })
  const [one, two] = [TaskId.parse('one'), TaskId.parse('two')]
  const open = new Set([one, two])

  it.each([
    ['another pool of the cluster', [working({ action: one, pool: 'b' })], ['automatic.pools_in_flight_max']],
    [
      'two other clusters',
      [working({ action: one, cluster_id: east }), working({ action: two, cluster_id: ClusterId.parse('north-1') })],
      ['network.clusters_in_flight_max'],
    ],
    [
      'one other cluster, twice',
      [working({ action: one, cluster_id: east, pool: 'a' }), working({ action: two, cluster_id: east, pool: 'b' })],
      [],
    ],
    ['an action that is over', [working({ action: TaskId.parse('over'), pool: 'b' })], []],
    ['a person', [working({ action: one, pool: 'b', is_automatic: false })], []],
  ])('work on %s', (_, entries, names) => {
    expect(exhausted(reading(entries, { open }), alarmed())).toEqual(names)
    expect(exhausted(reading(entries, { open }), asked())).toEqual([])
  })
})

describe('the breaker', () => {
  const cordons = (count: number, seconds = 10) =>
    entry(seconds, { type: 'cordon_nodepool', repairs: [], repaired: 0, cordoned: count, cluster_id: east })
  const two = alarmed({ order: cordon, plan: plan(2) })

  it.each([
    ['a tenth of the network', [cordons(98)], two, false],
    ['more than a tenth', [cordons(99)], two, true],
    ['more than a tenth, exactly five minutes ago', [cordons(99, 300)], two, false],
    ['more than a tenth, and now no cordon', [cordons(101)], alarmed(), false],
    [
      'a large action alone',
      [],
      alarmed({
        order: cordon,
        plan: plan(16),
        survey: survey(16, { is_atomic: true, accelerator_nodes: { total: 16, unavailable: 0 } }),
      }),
      false,
    ],
  ])('looks at %s', (_, entries, action, isTripped) => {
    const verdict = guardAction(reading(entries), action)
    expect({ kind: verdict.kind, isTripped: verdict.breaker !== null }).toEqual({
      kind: isTripped ? 'refuse' : 'go',
      isTripped,
    })
  })

  it('is tripped by a person too, who is not held by it', () => {
    const verdict = guardAction(reading([cordons(99)]), { ...two, alarm: null })
    expect(verdict).toMatchObject({
      kind: 'go',
      breaker: { reason: expect.stringContaining('99 + 2 = 101, at most 100') },
    })
  })

  it('does not count again what a person has resumed after', () => {
    const given = reading([cordons(99)])
    const network = { ...given.network, resumed_at: cordons(10).at }
    expect(guardAction({ ...given, network }, two)).toMatchObject({ kind: 'go', breaker: null })
  })

  it('counts everything where a person has resumed at a time that is yet to come, after a clock was set back', () => {
    const given = reading([cordons(99)])
    const network = { ...given.network, resumed_at: secondsAgo(-3600) }
    expect(guardAction({ ...given, network }, two)).toMatchObject({ kind: 'refuse' })
  })
})

describe('a history that is full', () => {
  const full = (count: number, seconds: number, more: Partial<Done> = {}): Done[] =>
    Array.from({ length: count }, (_, at) =>
      entry(seconds, { action: TaskId.parse(`f${at}`), type: 'uncordon_nodepool', pool: 'b', repairs: [], ...more }),
    )

  it.each([
    ['of the cluster', full(clusterEntriesMax, HOUR), ['cluster.history']],
    ['of the network', full(networkEntriesMax, HOUR, { cluster_id: east }), ['network.history']],
    ['of what is old enough', full(clusterEntriesMax, DAY), []],
    ['of repairs, which are kept longer', full(clusterEntriesMax, DAY, { repairs: ['x'] }), ['cluster.history']],
  ])('%s admits nothing', (_, entries, names) => {
    expect(exhausted(reading(entries), asked())).toEqual(names)
  })
})
