import type { AuditFacts } from '@gridgate/core/audit/audit-entry'
import { ChainCheck } from '@gridgate/core/audit/chain'
import type { Clock } from '@gridgate/core/ports'
import { expect, it } from 'vitest'
import { auditLog } from './audit-log.ts'
import { describeOnEveryStore } from './contract.ts'
import { memoryStore } from './memory-store.ts'
import { ConditionFailed } from './store.ts'

const facts = (cluster_id: string | null, more: Partial<AuditFacts> = {}): AuditFacts => ({
  ...{ cluster_id, caller_id: 'k', role: 'network-admin', operation: 'a/b', route: 'POST /a', subject: '/a' },
  ...{ status: 200, code: null, decision_ids: [], changes: [], task_id: null, request_id: 'r', ...more },
})

const clockAt = (text: string): Clock => ({ now: () => new Date(text) })
const day = '2030-01-01'
const noon = clockAt(`${day}T12:00:00Z`)
/** Time for all entries at once, in milliseconds, on a table however slow. */
const slowMsMax = 60_000
const all = { after: null, limit: 100 }

describeOnEveryStore('the audit log', (open) => {
  it('keeps one chain for each cluster and for the network, each in its order', async () => {
    const log = auditLog(await open(), { clock: noon })
    for (const id of [null, 'west-1', null, 'west-1', 'east-1', null]) await log.append(facts(id))
    expect((await log.listChains(day, all)).items).toEqual([
      { cluster_id: null, day },
      { cluster_id: 'east-1', day },
      { cluster_id: 'west-1', day },
    ])
    const { items } = await log.list({ cluster_id: null, day }, all)
    expect(items.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    const check = new ChainCheck({ cluster_id: null, day })
    expect([...items.map((entry) => check.next(entry)), check.end()]).toEqual([null, null, null, null])
    expect(await log.head({ cluster_id: null, day })).toMatchObject({ sequence: 3, sha256: items[2]?.sha256 })
    expect(await log.head({ cluster_id: 'absent-1', day })).toBeNull()
  })

  it.each([
    ['one process', 20],
    ['processes of their own', 6],
  ])('loses none of the entries that arrive at the same time from %s, and orders them', async (from, count) => {
    const store = await open()
    const shared = auditLog(store, { clock: noon }, slowMsMax)
    const writers = Array.from({ length: count }, () =>
      from === 'one process' ? shared : auditLog(store, { clock: noon }, slowMsMax),
    )
    await Promise.all(writers.map((log, index) => log.append(facts('west-1', { request_id: `r${index}` }))))
    const { items } = await auditLog(store, { clock: noon }).list({ cluster_id: 'west-1', day }, all)
    const check = new ChainCheck({ cluster_id: 'west-1', day })
    expect(items.map((entry) => check.next(entry))).toEqual(Array(count).fill(null))
    expect(new Set(items.map(({ request_id }) => request_id)).size).toBe(count)
  })

  it('begins a new chain with each day, and tells them day by day or all, page by page', async () => {
    const store = await open()
    for (const at of ['2030-01-01T23:59:59.999Z', '2030-01-02T00:00:00Z'])
      for (const id of ['a', 'b']) await auditLog(store, { clock: clockAt(at) }).append(facts(id))
    const log = auditLog(store, { clock: noon })
    const first = await log.listChains(null, { after: null, limit: 3 })
    expect(first.items.map((chain) => `${chain.day} ${chain.cluster_id}`)).toEqual([
      '2030-01-01 a',
      '2030-01-01 b',
      '2030-01-02 a',
    ])
    const rest = await log.listChains(null, { after: first.nextCursor, limit: 3 })
    expect(rest).toEqual({ items: [{ cluster_id: 'b', day: '2030-01-02' }], nextCursor: null })
    const page = await log.listChains('2030-01-01', { after: null, limit: 1 })
    expect(await log.listChains('2030-01-01', { after: page.nextCursor, limit: 1 })).toEqual({
      ...{ items: [{ cluster_id: 'b', day: '2030-01-01' }], nextCursor: null },
    })
  })

  it('gives entries page by page', async () => {
    const log = auditLog(await open(), { clock: noon })
    for (let count = 0; count < 3; count++) await log.append(facts(null))
    const first = await log.list({ cluster_id: null, day }, { after: null, limit: 2 })
    const second = await log.list({ cluster_id: null, day }, { after: first.nextCursor, limit: 2 })
    expect([...first.items, ...second.items].map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect(second.nextCursor).toBeNull()
  })

  it('knows up to where chains are anchored', async () => {
    const log = auditLog(await open(), { clock: noon })
    const sha256 = 'a'.repeat(64)
    await log.keepAnchored([
      { cluster_id: null, day, sequence: 2, sha256 },
      { cluster_id: 'west-1', day, sequence: 7, sha256 },
    ])
    expect(await log.anchored(day)).toEqual(
      new Map([
        ['', 2],
        ['west-1', 7],
      ]),
    )
    expect(await log.anchored('2030-01-02')).toEqual(new Map())
  })
})

it('gives an entry up whose place others keep taking, and leaves nothing of it', async () => {
  const store = memoryStore()
  const busy = { ...store, write: async () => Promise.reject(new ConditionFailed([0])) }
  await expect(auditLog(busy, { clock: noon }).append(facts(null))).rejects.toMatchObject({
    code: 'service.unavailable',
  })
  expect(store.all()).toEqual([])
})
