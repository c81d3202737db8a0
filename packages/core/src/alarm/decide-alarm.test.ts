import { describe, expect, it } from 'vitest'
import { ClusterId } from '../cluster/cluster.ts'
import { type AlarmEvent, type AlarmState, toAlarmEvent } from './alarm-event.ts'
import { type AlarmWatch, newWatch } from './alarm-watch.ts'
import { decideAlarm, type Progress } from './decide-alarm.ts'
import { FailoverRule } from './failover-rule.ts'

const start = Date.UTC(2030, 0, 1)
const iso = (second: number): string => new Date(start + second * 1000).toISOString()

const event = (second: number, state: AlarmState, more: Partial<AlarmEvent> = {}, alarm = 'a'): AlarmEvent => ({
  ...toAlarmEvent(
    {
      identity: alarm,
      source: 'eventbridge',
      alarm_name: alarm,
      state,
      previous: null,
      state_at: iso(second),
      region: null,
      account: null,
      labels: {},
      title: null,
      is_muted: false,
    },
    {},
  ),
  ...more,
})

const rule = (more: Record<string, unknown> = {}): FailoverRule =>
  FailoverRule.parse({
    name: 'r',
    match: { alarm_name: '*' },
    cluster_id: 'west-1',
    node_pool: 'pool-a',
    type: 'cordon_nodepool',
    ...more,
  })

type Told = [state: AlarmState, changedAt: number, more?: Partial<AlarmEvent>, alarm?: string]

/** One target as time goes by. */
function timeline(of: FailoverRule) {
  let watch: AlarmWatch = newWatch({ rule: of.name, target: '*', cluster_id: ClusterId.parse('west-1') })
  const decide = (second: number, heard: AlarmEvent | null, progress: Progress, isActionOpen: boolean): string => {
    const now = new Date(start + second * 1000)
    const decided = decideAlarm({ watch, rule: of, event: heard, now, progress, isActionOpen })
    if (decided.verdict === 'ask') return decide(second, heard, progress ?? 'unknown', isActionOpen)
    watch = decided.watch
    return decided.verdict
  }
  return {
    /** At `second` the news comes that the state changed at `changedAt`. */
    hear: (second: number, [state, changedAt, more, alarm]: Told, progress: Progress = null, isActionOpen = false) =>
      decide(second, event(changedAt, state, more, alarm), progress, isActionOpen),
    look: (second: number, progress: Progress = null) => decide(second, null, progress, false),
    due: () => (watch.due_at === null ? null : (Date.parse(watch.due_at) - start) / 1000),
    done: () => {
      watch = { ...watch, phase: 'done', due_at: null }
    },
    watch: () => watch,
  }
}

describe('an alarm that begins', () => {
  it.each([
    ['nobody heard of before', []],
    ['after it was OK', [['ok', 0]]],
    ['after it had no data', [['insufficient_data', 0]]],
    [
      'after an incident that is over',
      [
        ['alarm', 0],
        ['ok', 1],
      ],
    ],
  ] as [string, Told[]][])('is acted on: %s', (_, before) => {
    const target = timeline(rule())
    for (const told of before) target.hear(told[1], told)
    expect(target.hear(10, ['alarm', 10])).toBe('act')
  })

  it.each([
    ['lasted when it was first heard of', { previous: 'alarm' }, 10, 'no_transition'],
    ['is muted at its source', { is_muted: true }, 10, 'muted'],
    ['is history', {}, 10 + 3601, 'stale'],
  ] as const)('is not when it %s, nor are its repeats', (_, more, second, verdict) => {
    const target = timeline(rule())
    expect(target.hear(second, ['alarm', 10, more])).toBe(verdict)
    expect(target.hear(second + 1, ['alarm', 11])).toBe('repeat')
    expect(target.look(second + 10_000)).toBe('repeat')
  })

  it('is acted on late where its source repeats what lasts', () => {
    expect(timeline(rule()).hear(9000, ['alarm', 10, { source: 'alertmanager' }])).toBe('act')
  })

  it('is folded while the last action is under way', () => {
    const target = timeline(rule())
    target.hear(0, ['alarm', 0])
    const { action_id } = target.watch()
    target.hear(5, ['ok', 5])
    expect(target.hear(10, ['alarm', 10], null, true)).toBe('folded')
    expect(target.watch()).toMatchObject({ phase: 'done', action_id })
  })
})

describe('one incident', () => {
  it('is one action, however often it is told', () => {
    const target = timeline(rule())
    expect(target.hear(0, ['alarm', 0])).toBe('act')
    target.done()
    for (let second = 1; second < 50; second++) expect(target.hear(second, ['alarm', 0])).toBe('duplicate')
    expect(target.hear(60, ['alarm', 60])).toBe('repeat')
    expect(target.hear(61, ['alarm', 61, {}, 'b'])).toBe('repeat')
    expect(target.hear(62, ['ok', 62])).toBe('repeat')
    expect(target.hear(63, ['ok', 63, {}, 'b'])).toBe('closed')
  })

  it('is one action also where another alarm of it is told of after the first one ended', () => {
    const target = timeline(rule())
    expect(target.hear(0, ['alarm', 0])).toBe('act')
    target.done()
    expect(target.hear(60, ['ok', 60])).toBe('closed')
    expect(target.hear(61, ['alarm', 20, {}, 'b'])).toBe('repeat')
    expect(target.hear(62, ['alarm', 62])).toBe('repeat')
    expect(target.hear(70, ['ok', 63])).toBe('repeat')
    expect(target.hear(71, ['ok', 64, {}, 'b'])).toBe('closed')
    expect(target.hear(72, ['alarm', 72])).toBe('act')
  })

  it('that ended before anything was done leaves the action to an alarm of it that is told of late', () => {
    const target = timeline(rule({ for_seconds: 30 }))
    expect(target.hear(0, ['alarm', 0])).toBe('waiting')
    expect(target.hear(20, ['ok', 20])).toBe('closed')
    expect(target.hear(60, ['alarm', 10, {}, 'b'])).toBe('act')
  })

  it('has an id of its own, the same when it is asked for again', () => {
    const target = timeline(rule())
    target.hear(0, ['alarm', 0])
    const { action_id } = target.watch()
    expect([target.due(), target.look(60), target.watch().action_id]).toEqual([60, 'act', action_id])
    // The same event a second time: handling it was cut short.
    expect([target.hear(70, ['alarm', 0]), target.watch().action_id]).toEqual(['act', action_id])
    target.hear(80, ['ok', 80])
    target.hear(90, ['alarm', 90])
    expect(target.watch().action_id).not.toBe(action_id)
  })

  it('is told in any order', () => {
    const target = timeline(rule())
    expect(target.hear(20, ['ok', 20])).toBe('nothing')
    expect(target.hear(21, ['alarm', 10])).toBe('late')
    expect(target.hear(22, ['alarm', 20])).toBe('late')
    expect(target.hear(30, ['alarm', 30])).toBe('act')
    expect(target.hear(31, ['ok', 30])).toBe('closed')
  })

  it('is neither begun nor ended by missing data', () => {
    const target = timeline(rule())
    expect(target.hear(0, ['insufficient_data', 0])).toBe('nothing')
    target.hear(1, ['alarm', 1])
    target.done()
    expect(target.hear(2, ['insufficient_data', 2])).toBe('nothing')
    expect(target.hear(3, ['alarm', 3])).toBe('repeat')
    target.hear(4, ['insufficient_data', 4])
    // Another alarm of the target, while the first has no data for good: its node is gone.
    expect(target.hear(5, ['alarm', 5, {}, 'b'])).toBe('act')
  })

  it('of an alarm silent for a day keeps no other from being acted on', () => {
    const target = timeline(rule())
    target.hear(0, ['alarm', 0])
    target.done()
    expect(target.hear(86_401, ['alarm', 86_401, {}, 'b'])).toBe('act')
  })

  it('remembers a bounded number of alarms and changes', () => {
    const target = timeline(rule())
    for (let number = 0; number < 300; number++) {
      target.hear(number * 2, ['alarm', number * 2, {}, `a${number}`])
      target.hear(number * 2 + 1, ['ok', number * 2 + 1, {}, `a${number}`])
    }
    expect([target.watch().alarms.length, target.watch().changes.length]).toEqual([100, 50])
  })

  it('that nobody could act on for a day is left to people', () => {
    const target = timeline(rule())
    target.hear(0, ['alarm', 0])
    expect([target.look(86_400), target.look(86_401), target.due()]).toEqual(['act', 'given_up', null])
  })
})

describe('for_seconds: 300', () => {
  const lasting = rule({ for_seconds: 300 })

  it('acts once the alarm has lasted so long', () => {
    const target = timeline(lasting)
    expect([target.hear(2, ['alarm', 0]), target.due()]).toEqual(['waiting', 300])
    expect(target.hear(100, ['alarm', 100])).toBe('repeat')
    expect([target.look(299), target.due()]).toEqual(['waiting', 300])
    expect(target.look(300)).toBe('act')
  })

  it('never acts on one that ends before', () => {
    const target = timeline(lasting)
    target.hear(0, ['alarm', 0])
    expect(target.hear(299, ['ok', 299])).toBe('closed')
    expect([target.due(), target.look(300)]).toEqual([null, 'repeat'])
    expect([target.hear(400, ['alarm', 400]), target.due()]).toEqual(['waiting', 700])
  })

  it('begins anew after a time without data', () => {
    const target = timeline(lasting)
    target.hear(0, ['alarm', 0])
    target.hear(200, ['insufficient_data', 200])
    expect([target.look(300), target.due()]).toEqual(['paused', null])
    expect([target.hear(400, ['alarm', 400]), target.due()]).toEqual(['waiting', 700])
    expect(target.look(700)).toBe('act')
  })

  it('counts from when the alarm began, not from when it was told', () => {
    expect(timeline(lasting).hear(310, ['alarm', 0])).toBe('act')
  })
})

describe('flap: 4 changes in 600 seconds', () => {
  const damped = rule({ flap: { changes: 4, seconds: 600 } })

  it('lets a steady alarm through', () => {
    const target = timeline(damped)
    expect(target.hear(0, ['alarm', 0])).toBe('act')
    target.hear(60, ['ok', 60])
    expect(target.hear(120, ['alarm', 120])).toBe('act')
  })

  it('holds one that comes and goes until its changes are few again', () => {
    const target = timeline(damped)
    for (const second of [0, 120]) {
      target.hear(second, ['alarm', second])
      target.hear(second + 60, ['ok', second + 60])
    }
    // Changes at 0, 60, 120, 180, 240: the fourth last is at 60.
    expect([target.hear(240, ['alarm', 240]), target.due()]).toEqual(['damped', 660])
    expect(target.look(659)).toBe('damped')
    expect(target.look(660)).toBe('act')
  })

  it('holds it on while it goes on changing, and for good when it ends', () => {
    const target = timeline(damped)
    for (const second of [0, 120, 240, 360]) {
      target.hear(second, ['alarm', second])
      target.hear(second + 60, ['ok', second + 60])
    }
    expect([target.hear(480, ['alarm', 480]), target.due()]).toEqual(['damped', 900])
    expect(target.hear(500, ['ok', 500])).toBe('closed')
    expect([target.due(), target.look(1100)]).toEqual([null, 'repeat'])
  })
})

describe('veto', () => {
  const vetoed = rule({ veto: { promql: 'rate(steps[1m])', for_seconds: 120 } })

  it('lets the action through when no work goes on', () => {
    expect(timeline(vetoed).hear(0, ['alarm', 0], 'none')).toBe('act')
  })

  it('holds it while work goes on, and asks again each minute', () => {
    const target = timeline(vetoed)
    expect([target.hear(0, ['alarm', 0], 'some'), target.due()]).toEqual(['vetoed', 60])
    expect([target.look(60, 'some'), target.due()]).toEqual(['vetoed', 120])
    expect(target.look(120, 'none')).toBe('act')
  })

  it('holds it when nobody can say, until the alarm ends', () => {
    const target = timeline(vetoed)
    expect([target.hear(0, ['alarm', 0], 'unknown'), target.due()]).toEqual(['unasked', 60])
    expect(target.look(60, 'unknown')).toBe('unasked')
    expect(target.hear(90, ['ok', 90])).toBe('closed')
    expect(target.look(120, 'none')).toBe('repeat')
  })

  it('is asked only when everything else is fulfilled', () => {
    const both = timeline(rule({ for_seconds: 100, veto: { promql: 'x', for_seconds: 60 } }))
    expect(both.hear(0, ['alarm', 0], 'none')).toBe('waiting')
    expect(both.look(100, 'some')).toBe('vetoed')
  })
})
