import { ClusterId } from '@gridgate/core/cluster/cluster'
import { clusterEntriesMax, HistoryEntry, NetworkEntry, networkEntriesMax } from '@gridgate/core/failover/history'
import { TaskId } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { entry, west } from '../../../test/surveyed.ts'
import { describeOnEveryStore } from './contract.ts'
import { historyStore, historyWrites } from './history-store.ts'
import { ConditionFailed } from './store.ts'
import { keys } from './table.ts'

/** Largest item of DynamoDB, in bytes. */
const itemBytesMax = 400 * 1024

const next = {
  cluster: { entries: [HistoryEntry.parse(entry(10))] },
  network: {
    entries: [NetworkEntry.parse(entry(10))],
    accelerator_nodes: { 'west-1': { count: 8, at: '2030-01-01T00:00:00Z' } },
  },
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
      const cluster = { entries: [HistoryEntry.parse(entry(10, { action: TaskId.parse(`t${at}`) }))] }
      return store.write(...historyWrites(west, { ...next, cluster }, versions))
    })
    const results = await Promise.allSettled(tries)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConditionFailed)
    expect((await historyStore(store).find(west)).version).toBe(1)
  })

  it('fit into their items when they are full, with the longest names', async () => {
    const store = await open()
    const [name, pool] = ['n'.repeat(253), 'p'.repeat(63)]
    const longest = { pool, jobset: `${pool}/${pool}`, repairs: [name], cluster_id: ClusterId.parse('c'.repeat(48)) }
    const of = (count: number) =>
      Array.from({ length: count }, () => entry(10, { ...longest, action: TaskId.parse('t'.repeat(64)) }))
    const size = { count: 100_000, at: '2030-01-01T00:00:00.000Z' }
    const sizes = Array.from({ length: 1000 }, (_, at) => [String(at).padStart(48, 'c'), size])
    const full = {
      cluster: { entries: of(clusterEntriesMax).map((each) => HistoryEntry.parse(each)) },
      network: {
        entries: of(networkEntriesMax).map((each) => NetworkEntry.parse(each)),
        accelerator_nodes: Object.fromEntries(sizes),
      },
    }
    await store.write(...historyWrites(west, full, { cluster: 0, network: 0 }))
    expect((await historyStore(store).find(west)).history).toEqual(full.cluster)
    for (const text of [full.cluster, full.network].map((each) => JSON.stringify(each)))
      expect(text.length).toBeLessThan(itemBytesMax)
  })

  describe('that cannot be read', () => {
    it.each(['not JSON', '{"entries":[{"at":"yesterday"}]}'])('stop the action: %s', async (json) => {
      const store = await open()
      await store.write({ put: { ...keys.history(west), version: 3, json } })
      await expect(historyStore(store).find(west)).rejects.toMatchObject({ code: 'budget.unreadable', status: 503 })
    })
  })
})
