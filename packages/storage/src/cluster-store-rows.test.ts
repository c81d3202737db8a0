import { Cluster } from '@gridgate/core/cluster/cluster'
import { newClusterSystem } from '@gridgate/core/cluster/cluster-system'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { changesTo, type NodeRow, textOf, toRow, toText } from './cluster-store-rows.ts'

const target = { generation: 'g', version: 1 }

/** A document as it comes back out of rows. */
const throughRows = (cluster: Cluster): unknown => {
  const text = toText(cluster)
  const { rows } = changesTo(cluster.id, text.nodes ?? [], [], target)
  const row = toRow(cluster.id, text, newClusterSystem, 1, 'g', rows)
  return JSON.parse(textOf({ row, nodes: rows }))
}

const extra = fc.dictionary(
  fc.string().filter((name) => name !== '__proto__' && !Object.hasOwn(Cluster.shape, name)),
  fc.jsonValue(),
)

it('gives any document back, whatever its fields are called and wherever its nodes stand', () => {
  fc.assert(
    fc.property(extra, extra, fc.nat(4), fc.boolean(), (before, after, count, listsNodes) => {
      const nodeData = Array.from({ length: count }, (_, index) => ({ id: `n${index}`, before }))
      const cluster = Cluster.parse({
        ...before,
        id: 'west-1',
        nodes: listsNodes ? { kept: after, nodeData, count } : { count },
        regionId: 'a',
        ...after,
      })
      expect(throughRows(cluster)).toEqual(JSON.parse(JSON.stringify(cluster)))
    }),
    { numRuns: 200 },
  )
})

it('keeps the order of the nodes through any series of changes, and writes no row without need', () => {
  const ids = fc.uniqueArray(fc.nat(12), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(ids, { minLength: 2, maxLength: 6 }), (series) => {
      let stored: NodeRow[] = []
      for (const [index, wanted] of series.entries()) {
        const nodes = wanted.map((id) => ({ id: `n${id}`, json: `{"id":"n${id}"}` }))
        const { rows, puts, removals } = changesTo('west-1', nodes, stored, { generation: 'g', version: index + 1 })
        const table = new Map(stored.map((row) => [row.sk, row]))
        for (const { sk } of removals) table.delete(sk)
        for (const row of puts) table.set(row.sk, row)
        stored = [...table.values()].sort((a, b) => a.at - b.at)
        expect(stored.map(({ json }) => json)).toEqual(nodes.map(({ json }) => json))
        expect(rows).toEqual(stored)
        expect(puts.every((row) => row.version === index + 1)).toBe(true)
      }
      const again = changesTo(
        'west-1',
        stored.map(({ sk, json }) => ({ id: sk.slice(7), json })),
        stored,
        target,
      )
      expect([...again.puts, ...again.removals]).toEqual([])
    }),
    { numRuns: 200 },
  )
})
