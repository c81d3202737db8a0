import { TaskId } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { entry, west } from '../../../test/surveyed.ts'
import { describeOnEveryStore } from './contract.ts'
import { historyStore, historyWrites } from './history-store.ts'
import { ConditionFailed } from './store.ts'
import { keys } from './table.ts'

const next = {
  cluster: { entries: [entry(10)] },
  network: { entries: [entry(10)], accelerator_nodes: { 'west-1': { count: 8, at: '2030-01-01T00:00:00Z' } } },
}

describeOnEveryStore('the histories', (open) => {
  it('are empty before the first action, and then what was written', async () => {
    const store = await open()
    const histories = historyStore(store)
    expect(await histories.find(west)).toEqual({ history: { entries: [] }, version: 0 })
    expect(await histories.findNetwork()).toMatchObject({ history: { entries: [] }, version: 0 })
    await store.write(...historyWrites(west, next, { cluster: 0, network: 0 }))
    expect(await histories.find(west)).toEqual({ history: next.cluster, version: 1 })
    expect(await histories.findNetwork()).toEqual({ history: next.network, version: 1 })
  })

  it('admit one of many who decided by the same versions', async () => {
    const store = await open()
    const versions = { cluster: 0, network: 0 }
    const tries = Array.from({ length: 8 }, (_, at) => {
      const cluster = { entries: [entry(10, { action: TaskId.parse(`t${at}`) })] }
      return store.write(...historyWrites(west, { ...next, cluster }, versions))
    })
    const results = await Promise.allSettled(tries)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConditionFailed)
    expect((await historyStore(store).find(west)).version).toBe(1)
  })

  describe('that cannot be read', () => {
    it.each(['not JSON', '{"entries":[{"at":"yesterday"}]}'])('stop the action: %s', async (json) => {
      const store = await open()
      await store.write({ put: { ...keys.history(west), version: 3, json } })
      await expect(historyStore(store).find(west)).rejects.toMatchObject({ code: 'budget.unreadable', status: 503 })
    })
  })
})
