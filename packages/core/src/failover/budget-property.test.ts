import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asked, type Done, entry, now, plan, reading, survey } from '../../../../test/surveyed.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { TaskId } from '../task/task.ts'
import { type GuardReading, guardAction } from './guard-action.ts'
import { settingsDefault } from './settings.ts'

const clusters = ['west-1', 'east-1', 'north-1'].map((id) => ClusterId.parse(id))
const { explicit, automatic } = settingsDefault.budgets
const { network } = reading()

/** An order, some time after the one before. */
const order = fc.record({
  pause: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(3600, 3599, 6 * 3600, 86_400, 86_399)),
  cluster: fc.nat(2),
  pool: fc.constantFrom('a', 'b'),
  node: fc.integer({ min: 1, max: 10 }),
  cordoned: fc.nat(10),
  isAlarm: fc.boolean(),
  isRepair: fc.boolean(),
  isEnded: fc.boolean(),
})
type Order = typeof order extends fc.Arbitrary<infer Value> ? Value : never

/** Plays orders one after another, and gives what was admitted. */
function play(orders: readonly Order[]): { admitted: Done[]; most: number } {
  let at = now.getTime()
  let most = 0
  let state: Pick<GuardReading, 'history' | 'open'> = reading()
  const histories = new Map(clusters.map((id) => [id, reading().history.cluster]))
  const admitted: Done[] = []
  for (const [index, { pause, cluster, pool, node, cordoned, isAlarm, isRepair, isEnded }] of orders.entries()) {
    at += pause * 1000
    const clusterId = clusters[cluster] as ClusterId
    const action = TaskId.parse(`t${index}`)
    const type = isRepair ? 'cordon_and_repair_nodepool' : 'cordon_nodepool'
    const given = reading([], { ...state, now: new Date(at) })
    given.history = { cluster: histories.get(clusterId) ?? { entries: [] }, network: state.history.network }
    const verdict = guardAction(
      given,
      asked({
        action,
        clusterId,
        order: { type, ladder: [], force: false },
        plan: { ...plan(cordoned, isRepair ? `n${node}` : null), pool },
        survey: { ...survey(10), pool },
        alarm: isAlarm ? { mode: 'act' } : null,
      }),
    )
    if (verdict.kind !== 'go') continue
    histories.set(clusterId, verdict.next.cluster)
    state = { history: verdict.next, open: isAlarm && !isEnded ? new Set([...state.open, action]) : state.open }
    for (const last of verdict.next.cluster.entries.slice(-1))
      admitted.push({ ...entry(0), ...last, cluster_id: clusterId })
    const inPool = verdict.budgets.find(({ name }) => name === 'automatic.unavailable_in_pool')
    most = Math.max(most, inPool?.after ?? 0)
  }
  return { admitted, most }
}

/** The most entries that lie in one window of so many seconds, of those that end with one that counts. */
function mostWithin(entries: readonly Done[], seconds: number, ends: (entry: Done) => boolean): number {
  const times = entries.map(({ at }) => Date.parse(at))
  const counts = entries.map((last, index) =>
    ends(last) ? times.slice(0, index + 1).filter((time) => Date.parse(last.at) - time < seconds * 1000).length : 0,
  )
  return Math.max(0, ...counts)
}

const groups = <Key>(entries: readonly Done[], key: (entry: Done) => Key): Done[][] => [
  ...Map.groupBy(entries, key).values(),
]

describe('whatever is asked for, in whatever order', () => {
  it('nothing is admitted above a budget', () => {
    fc.assert(
      fc.property(fc.array(order, { maxLength: 60 }), (orders) => {
        const { admitted, most } = play(orders)
        const repairs = admitted.filter((entry) => entry.repairs.length > 0)
        const by = {
          explicit: (entry: Done) => !entry.is_automatic,
          automatic: (entry: Done) => entry.is_automatic,
        }
        for (const [whose, budget] of [
          ['explicit', explicit],
          ['automatic', automatic],
        ] as const) {
          for (const ofCluster of groups(repairs, ({ cluster_id }) => cluster_id)) {
            const { max, seconds } = budget.repairs_per_cluster
            expect(mostWithin(ofCluster, seconds, by[whose])).toBeLessThanOrEqual(max)
          }
          for (const ofPool of groups(repairs, ({ cluster_id, pool }) => `${cluster_id} ${pool}`))
            for (const { max, seconds } of [budget.repairs_per_pool, budget.attempts_per_pool])
              expect(mostWithin(ofPool, seconds, by[whose])).toBeLessThanOrEqual(max)
        }
        const { max, seconds } = network.budgets.repairs
        expect(mostWithin(repairs, seconds, by.automatic)).toBeLessThanOrEqual(max)
        expect(most).toBeLessThanOrEqual(2)
      }),
    )
  })

  it('what is refused is admitted after its Retry-After, when nothing else happens', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 20 }), (ages) => {
        const entries = ages.map((age, index) => entry(age, { action: TaskId.parse(`e${index}`) }))
        const verdict = guardAction(reading(entries), asked())
        if (verdict.kind !== 'refuse') return
        const later = new Date(now.getTime() + Number(verdict.error.retryAfterSeconds) * 1000)
        expect(guardAction(reading(entries, { now: later }), asked()).kind).toBe('go')
        const justBefore = new Date(later.getTime() - 1000)
        expect(guardAction(reading(entries, { now: justBefore }), asked()).kind).toBe('refuse')
      }),
    )
  })
})
