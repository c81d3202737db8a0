import { poolLabels } from '@gridgate/core/action/pool-labels'
import { describe, expect, it } from 'vitest'
import { findPool } from './pools.ts'
import { type SeenNode, seeNode } from './survey-node.ts'

const gke = 'cloud.google.com/gke-nodepool'
const eks = 'eks.amazonaws.com/nodegroup'
const node = (name: string, labels: Record<string, string>): SeenNode =>
  seeNode({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
const all = [
  node('a-1', { [gke]: 'a' }),
  node('a-2', { [gke]: 'a' }),
  node('b-1', { [gke]: 'b', [eks]: 'ng' }),
  node('c-1', { rack: 'a' }),
]
const target = (given: Partial<Parameters<typeof findPool>[1]>) => ({
  pool_label: null,
  node_pool: null,
  node_name: null,
  ...given,
})

describe('a pool', () => {
  it.each([
    [{ node_pool: 'a' }, ['a', gke, 'a-1', 'a-2']],
    [{ node_name: 'a-2' }, ['a', gke, 'a-1', 'a-2']],
    [{ node_pool: 'a', node_name: 'a-1' }, ['a', gke, 'a-1', 'a-2']],
    [{ node_name: 'b-1' }, ['b', gke, 'b-1']],
    [{ node_pool: 'ng' }, ['ng', eks, 'b-1']],
    [{ node_pool: 'ng', node_name: 'b-1' }, ['ng', eks, 'b-1']],
    [{ node_pool: 'a', pool_label: 'rack' }, ['a', 'rack', 'c-1']],
    [{ node_name: 'c-1', pool_label: 'rack' }, ['a', 'rack', 'c-1']],
  ])('is found by %j', (given, [name, label, ...names]) => {
    const pool = findPool(all, target(given))
    expect(pool).toMatchObject({ name, label })
    expect(pool?.nodes.map((one) => one.node.name)).toEqual(names)
  })

  it.each(poolLabels)('is found by %s without being told so', (label) => {
    expect(findPool([node('x', { [label]: 'p' })], target({ node_pool: 'p' }))).toMatchObject({ label })
  })

  it('is none where only a JobSet is asked for', () => {
    expect(findPool(all, target({}))).toBeNull()
  })

  it.each([
    [{ node_pool: 'none' }, 'pool.not_found'],
    [{ node_pool: 'a', pool_label: eks }, 'pool.not_found'],
    [{ node_name: 'none' }, 'node.not_found'],
    [{ node_name: 'none', node_pool: 'a' }, 'node.not_found'],
    [{ node_name: 'c-1' }, 'pool.not_found'],
    [{ node_name: 'c-1', node_pool: 'none' }, 'pool.not_found'],
    [{ node_name: 'b-1', node_pool: 'a' }, 'request.invalid'],
  ])('is not found by %j: %s', (given, code) => {
    expect(() => findPool(all, target(given))).toThrow(expect.objectContaining({ code }))
  })

  it('of more than 2,000 nodes is too large', () => {
    const many = Array.from({ length: 2001 }, (_, index) => node(`n-${index}`, { [gke]: 'many' }))
    expect(findPool(many.slice(1), target({ node_pool: 'many' }))?.nodes).toHaveLength(2000)
    expect(() => findPool(many, target({ node_pool: 'many' }))).toThrow(
      expect.objectContaining({ code: 'action.too_large' }),
    )
  })
})
