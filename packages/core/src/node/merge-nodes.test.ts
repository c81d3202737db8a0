import { describe, expect, it } from 'vitest'
import type { ClusterNode } from '../cluster/cluster-node.ts'
import { mergeNodes } from './merge-nodes.ts'

const node = (id: string, more: object = {}) => ({ id, ...more }) as ClusterNode

describe('merging nodes', () => {
  it('adopts what Kubernetes knows and names it; what was written by hand stays', () => {
    const own = node('a', {
      memory: 1,
      swap: 8,
      vcpus: { count: 4, model: 'x' },
      gpus: { count: 1, features: ['fp16'] },
      network: { txBandwidth: 10 },
      tags: ['t'],
      nodeMetadata: { rack: 1 },
      rack: 7,
    })
    const said = node('a', {
      memory: 2,
      vcpus: { count: 4 },
      gpus: { count: 2, features: [] },
      storage: { size: 5 },
      tags: ['other'],
    })
    const { nodes, changed, unchanged } = mergeNodes([own], [said], false)
    expect(nodes).toEqual([
      {
        ...own,
        memory: 2,
        gpus: { count: 2, features: ['fp16'] },
        storage: { size: 5 },
      },
    ])
    expect(changed).toEqual([{ id: 'a', fields: ['gpus.count', 'memory', 'storage.size'] }])
    expect(unchanged).toBe(0)
  })

  it('keeps the order, adds at the end, and takes nothing out unless asked', () => {
    const before = [node('b'), node('gone'), node('a')]
    const found = [node('a'), node('c', { memory: 1 }), node('b')]
    const kept = mergeNodes(before, found, false)
    expect(kept.nodes.map(({ id }) => id)).toEqual(['b', 'gone', 'a', 'c'])
    expect(kept).toMatchObject({ added: ['c'], changed: [], missing: ['gone'], unchanged: 2 })
    const pruned = mergeNodes(before, found, true)
    expect(pruned.nodes.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    expect(pruned.missing).toEqual(['gone'])
  })

  it('changes neither side', () => {
    const own = Object.freeze(node('a', { gpus: Object.freeze({ count: 1 }) }))
    const said = Object.freeze(node('a', { gpus: Object.freeze({ count: 2 }) }))
    expect(mergeNodes([own], [said], false).nodes).toEqual([{ id: 'a', gpus: { count: 2 } }])
    expect(own.gpus).toEqual({ count: 1 })
  })
})
