import { ClusterId } from '@gridgate/core/cluster/cluster'
import { expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import { counterStore } from './counter-store.ts'

const west = ClusterId.parse('west-1')

describeOnEveryStore('the counters', (open) => {
  it('are told by cluster, and those of the network, also where many count at the same time', async () => {
    const counters = counterStore(await open())
    expect(await counters.list()).toEqual([])
    const once = { clusterId: west, counts: { 'actions#cordon_nodepool#failed': 1, 'step_ms#Preflight': 12 } }
    await Promise.all(Array.from({ length: 10 }, () => counters.add(once)))
    await counters.add({ clusterId: null, counts: { 'notifications#delivered': 3 } })
    expect(await counters.list()).toEqual([
      { clusterId: null, counts: { 'notifications#delivered': 3 } },
      { clusterId: west, counts: { 'actions#cordon_nodepool#failed': 10, 'step_ms#Preflight': 120 } },
    ])
  })

  it('are told of more clusters than one page holds', async () => {
    const counters = counterStore(await open())
    const ids = Array.from({ length: 101 }, (_, index) => ClusterId.parse(`c-${1000 + index}`))
    for (const clusterId of ids) await counters.add({ clusterId, counts: { a: 1 } })
    expect((await counters.list()).map(({ clusterId }) => clusterId)).toEqual(ids)
  })
})
