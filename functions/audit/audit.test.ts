import { keepDeed } from '@gridgate/core/audit/keep-entry'
import { beforeEach, describe, expect, it } from 'vitest'
import { call } from '../../test/call-endpoint.ts'
import { type World, world } from '../../test/world.ts'
import { getAudit } from './list.ts'
import { getAuditChains } from './list-chains.ts'

let w: World
beforeEach(async () => {
  w = world()
  for (const id of [null, 'west-1', 'west-1', null, null]) await deed(id)
})
const deed = (clusterId: string | null): Promise<void> =>
  keepDeed(w.ports, { by: 'test', operation: 'a/b', clusterId, subject: 'something' })

describe('GET /audit', () => {
  it("gives the network's chain of today, whole and oldest first", async () => {
    const { body } = await call(w, getAudit, '/audit')
    expect(body).toMatchObject({ next_cursor: null })
    expect(body.data).toEqual(w.audit().filter(({ cluster_id }) => cluster_id === null))
    expect(body.data).toMatchObject([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }])
  })

  it('gives the chain that is asked for, page by page, and nothing where there is none', async () => {
    const path = '/audit?cluster_id=west-1&day=2030-01-01&limit=1'
    const first = await call(w, getAudit, path)
    const second = await call(w, getAudit, `${path}&cursor=${first.body.next_cursor}`)
    expect([first.body.data, second.body.data]).toMatchObject([[{ sequence: 1 }], [{ sequence: 2 }]])
    expect(second.body.next_cursor).toBeNull()
    expect((await call(w, getAudit, '/audit?day=2029-12-31')).body).toMatchObject({ data: [], next_cursor: null })
  })

  it.each([
    ['a day that is none', () => '/audit?day=2030-02-30', 'request.invalid'],
    ['a name that no cluster has', () => '/audit?cluster_id=West%201', 'request.invalid'],
    ['a cursor of another chain', (cursor: string) => `/audit?cluster_id=west-1&cursor=${cursor}`, 'cursor.invalid'],
  ])('refuses %s, and changes nothing', async (_, pathOf, code) => {
    const { body } = await call(w, getAudit, '/audit?limit=1')
    const before = w.store.all()
    expect(await call(w, getAudit, pathOf(String(body.next_cursor)))).toMatchObject({ status: 400, body: { code } })
    expect(w.store.all()).toEqual(before)
  })

  it('says where something stands that is no entry', async () => {
    const found = w.store.all().find(({ pk, sk }) => pk === 'AUDIT#west-1#2030-01-01' && Number(sk) === 2)
    if (found) await w.store.writeMany([{ put: { ...found, json: '{}' } }])
    expect(await call(w, getAudit, '/audit?cluster_id=west-1')).toMatchObject({
      ...{ status: 500, body: { code: 'audit.unreadable', details: { cluster_id: 'west-1', sequence: 2 } } },
    })
    expect((await call(w, getAuditChains, '/audit/chains')).body.data).toMatchObject([
      { cluster_id: null, entries: 3 },
      { cluster_id: 'west-1', entries: null, head: null },
    ])
  })
})

describe('GET /audit/chains', () => {
  it('tells how long each chain is and how it ends, by day and page by page', async () => {
    w.pass(86_400_000)
    await deed('west-1')
    const ends = w.audit()
    const first = await call(w, getAuditChains, '/audit/chains?limit=2')
    expect(first.body.data).toEqual([
      { cluster_id: null, day: '2030-01-01', entries: 3, head: ends[2]?.sha256 },
      { cluster_id: 'west-1', day: '2030-01-01', entries: 2, head: ends[4]?.sha256 },
    ])
    const rest = await call(w, getAuditChains, `/audit/chains?limit=2&cursor=${first.body.next_cursor}`)
    expect(rest.body).toMatchObject({ data: [{ day: '2030-01-02', entries: 1 }], next_cursor: null })
    expect((await call(w, getAuditChains, '/audit/chains?day=2030-01-02')).body.data).toEqual(rest.body.data)
  })
})
