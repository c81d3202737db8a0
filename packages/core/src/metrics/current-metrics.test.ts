import { describe, expect, it } from 'vitest'
import { world } from '../../../../test/world.ts'
import { currentMetrics, summaryFreshMsMax } from './current-metrics.ts'

const summary = { cluster: { vcpu: { load15m: 2 } } }

describe('the metrics that a policy is given', () => {
  it('are the latest report, in the shape of the documented global document', async () => {
    const w = world()
    const at = w.ports.clock.now()
    await w.ports.summaries.put('a', summary, at)
    w.pass(summaryFreshMsMax)
    expect(await currentMetrics(w.ports, 'a')).toEqual({
      ...summary,
      clusterId: 'a',
      timestamp: at.getTime() / 1000,
      stale: false,
    })
  })

  it('defect 25: are null for a cluster that never reported, or no longer does', async () => {
    const w = world()
    expect(await currentMetrics(w.ports, 'a')).toBeNull()
    await w.ports.summaries.put('a', summary, w.ports.clock.now())
    w.pass(summaryFreshMsMax + 1)
    expect(await currentMetrics(w.ports, 'a')).toBeNull()
  })

  it('never take the name of another cluster from a report', async () => {
    const w = world()
    await w.ports.summaries.put('a', { clusterId: 'b', stale: true, timestamp: 0 }, w.ports.clock.now())
    expect(await currentMetrics(w.ports, 'a')).toMatchObject({ clusterId: 'a', stale: false })
  })
})
