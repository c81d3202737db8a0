import { historyWrites } from '@gridgate/storage/history-store'
import { ConditionFailed } from '@gridgate/storage/store'
import { describe, expect, it } from 'vitest'
import { addCluster } from '../../../../test/policy-world.ts'
import { alarmed, asked, plan, survey, west } from '../../../../test/surveyed.ts'
import { admin, type World, world } from '../../../../test/world.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { Workflows } from '../task/workflows.ts'
import { type GuardedAction, guardAction } from './guard-action.ts'
import { readGuard } from './read-guard.ts'

/** Reads, decides and writes as the start of an action does, again while somebody else was faster. */
async function start(w: World, action: GuardedAction): Promise<string> {
  for (;;) {
    const reading = await readGuard(w.ports, west)
    const verdict = guardAction(reading, action)
    if (verdict.kind !== 'go') return verdict.kind
    try {
      await w.store.write(...historyWrites(west, verdict.next, reading.versions))
      return 'go'
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error
    }
  }
}

/** The repair of a node of its own, for each pool another. */
const ofPool = (pool: string): GuardedAction =>
  asked({
    action: TaskId.parse(`t-${pool}`),
    plan: { ...plan(0, `n${'abcdefghi'.indexOf(pool) + 1}`), pool },
    survey: { ...survey(10), pool },
  })

/** The task of an action, at work until it is finished. */
async function work(w: World, taskId: TaskId) {
  const stored = await startTask(w.ports, {
    ...{ taskId, type: 'failover_action', caller: admin, clusterId: west, data: {}, locks: [], input: {} },
    workflow: 'failover',
  })
  const task = { ...stored.task, task_status: 'completed' as const }
  return { finish: () => w.ports.tasks.replace({ ...stored, task }) }
}

const idle: Workflows = { start: async () => undefined, status: async () => 'running' }

describe('actions that begin at once', () => {
  it('never get more than the budget, whoever is faster', async () => {
    const w = world()
    const verdicts = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((pool) => start(w, ofPool(pool))))
    expect(verdicts.filter((kind) => kind === 'go')).toHaveLength(4)
    expect((await w.ports.histories.find(west)).history.entries).toHaveLength(4)
    w.pass(3600_000)
    expect(await start(w, ofPool('i'))).toBe('go')
  })
})

describe('an alarm', () => {
  it('waits for the pool that another one works on, until its task is finished', async () => {
    const w = world({ workflows: idle })
    await addCluster(w)
    const network = await w.ports.failoverSettings.find(west)
    await w.ports.failoverSettings.replace(west, { ...network.value, mode: 'act' }, 0)
    const alarm = { alarm: alarmed().alarm }
    const first = { ...ofPool('a'), ...alarm }
    expect(await start(w, first)).toBe('go')
    const { finish } = await work(w, first.action)
    const before = w.snapshot()
    expect(await start(w, { ...ofPool('b'), ...alarm })).toBe('refuse')
    expect(w.snapshot()).toEqual(before)
    await finish()
    expect(await start(w, { ...ofPool('b'), ...alarm })).toBe('go')
  })

  it('counts what a person has begun on the cluster before a survey shows it, and no longer than it is at work', async () => {
    const w = world({ workflows: idle })
    await addCluster(w)
    const settings = await w.ports.failoverSettings.find(west)
    await w.ports.failoverSettings.replace(west, { ...settings.value, mode: 'act' }, 0)
    const seen = { ...survey(10), accelerator_nodes: { total: 50, unavailable: 0 } }
    const order = { type: 'cordon_nodepool' as const, ladder: [], force: false }
    const byPerson = asked({ action: TaskId.parse('t-person'), order, plan: plan(10), survey: seen })
    const byAlarm = alarmed({
      ...{ action: TaskId.parse('t-alarm'), order, plan: { ...plan(1), pool: 'b' } },
      survey: { ...seen, pool: 'b' },
    })
    expect(await start(w, byPerson)).toBe('go')
    const { finish } = await work(w, byPerson.action)
    const verdict = guardAction(await readGuard(w.ports, west), byAlarm)
    expect(verdict).toMatchObject({ kind: 'refuse', error: { code: 'budget.exhausted' } })
    expect(verdict.budgets.filter(({ ok }) => !ok).map(({ name }) => name)).toContain(
      'automatic.unavailable_in_cluster',
    )
    w.pass(7201_000)
    const later = guardAction(await readGuard(w.ports, west), byAlarm)
    expect(later.budgets.find(({ name }) => name === 'automatic.unavailable_in_cluster')).toMatchObject({ ok: true })
    await finish()
  })
})
