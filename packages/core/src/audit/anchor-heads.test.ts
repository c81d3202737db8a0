import { describe, expect, it } from 'vitest'
import { isAudit, type World, world } from '../../../../test/world.ts'
import { anchorHeads } from './anchor-heads.ts'
import { anchorOperation, type ChainHead } from './audit-entry.ts'
import { keepDeed } from './keep-entry.ts'

const today = '2030-01-01'
const hourMs = 3_600_000

const deed = (w: World, clusterId: string | null): Promise<void> =>
  keepDeed(w.ports, { by: 'test', operation: 'a/b', clusterId, subject: 'something' })

/** What anchors hold, entry by entry, as `cluster day sequence`. */
const anchors = (w: World): string[][] =>
  w
    .audit()
    .filter(({ operation }) => operation === anchorOperation)
    .map(({ heads = [] }) => heads.map((head: ChainHead) => `${head.cluster_id} ${head.day} ${head.sequence}`))

describe('anchors', () => {
  it('hold the ends of the chains that have grown since, and no others', async () => {
    const w = world()
    for (const id of ['a', 'a', 'b', null]) await deed(w, id)
    expect(await anchorHeads(w.ports)).toEqual({ anchored: 2 })
    await deed(w, 'b')
    expect(await anchorHeads(w.ports)).toEqual({ anchored: 1 })
    expect(await anchorHeads(w.ports)).toEqual({ anchored: 0 })
    expect(anchors(w)).toEqual([[`a ${today} 2`, `b ${today} 1`], [`b ${today} 2`]])
  })

  it('hold what came after the last ones of yesterday, the chain of the network as well', async () => {
    const w = world()
    await deed(w, 'a')
    w.pass(24 * hourMs)
    await deed(w, 'a')
    await anchorHeads(w.ports)
    await anchorHeads(w.ports)
    w.pass(24 * hourMs)
    await anchorHeads(w.ports)
    expect(anchors(w)).toEqual([[`a ${today} 1`], ['a 2030-01-02 1'], ['null 2030-01-02 2']])
  })

  it('of more chains than one entry holds are several, and every chain stands in one of them', async () => {
    const w = world()
    for (let index = 0; index < 205; index++) await deed(w, `c-${String(index).padStart(3, '0')}`)
    expect(await anchorHeads(w.ports)).toEqual({ anchored: 205 })
    expect(anchors(w).map(({ length }) => length)).toEqual([100, 100, 5])
    expect(new Set(anchors(w).flat()).size).toBe(205)
  })

  it('that were written and not remembered are written again, and harm nothing', async () => {
    const w = world()
    await deed(w, 'a')
    await anchorHeads(w.ports)
    const kept = w.store.all().filter(({ pk }) => pk.startsWith('AUDIT_ANCHOR#'))
    await w.store.writeMany(kept.map(({ pk, sk }) => ({ remove: { pk, sk } })))
    await anchorHeads(w.ports)
    expect(anchors(w)).toEqual([[`a ${today} 1`], [`a ${today} 1`]])
    expect(w.store.all().filter(isAudit)).toHaveLength(3)
  })
})
