import { expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import { ConditionFailed, type Item } from './store.ts'

const row = (sk: string, more: Partial<Item> = {}): Item => ({ pk: 'P', sk, ...more })

describeOnEveryStore('store', (open) => {
  it('gives back what was put, without what is undefined', async () => {
    const store = await open()
    const item = row('a', { text: 'ü', number: 1.5, list: [1, { deep: null }], flag: true, gone: undefined })
    await store.write({ put: item })
    expect(await store.get({ pk: 'P', sk: 'a' })).toEqual({
      pk: 'P',
      sk: 'a',
      text: 'ü',
      number: 1.5,
      list: [1, { deep: null }],
      flag: true,
    })
    expect(await store.get({ pk: 'P', sk: 'b' })).toBeNull()
  })

  it('keeps bytes as bytes', async () => {
    const store = await open()
    await store.write({ put: row('a', { bytes: new Uint8Array([0, 255, 7]) }) })
    const found = await store.get({ pk: 'P', sk: 'a' })
    expect([...(found?.bytes as Uint8Array)]).toEqual([0, 255, 7])
  })

  it('is not changed by a change of what was put or given out', async () => {
    const store = await open()
    const item = row('a', { list: [1] })
    await store.write({ put: item })
    ;(item.list as number[]).push(2)
    const first = await store.get(item)
    ;(first?.list as number[]).push(3)
    expect((await store.get(item))?.list).toEqual([1])
  })

  it('orders a partition by the bytes of the sort key and pages through it', async () => {
    const store = await open()
    await store.writeMany(['b', 'a', 'é', 'Z', 'ab', '#'].map((sk) => ({ put: row(sk) })))
    const all = await store.query({ from: { pk: 'P' } })
    expect(all.items.map(({ sk }) => sk)).toEqual(['#', 'Z', 'a', 'ab', 'b', 'é'])
    expect(all.more).toBe(false)
    const page = await store.query({ from: { pk: 'P' }, after: 'Z', limit: 2 })
    expect(page.items.map(({ sk }) => sk)).toEqual(['a', 'ab'])
    expect(page.more).toBe(true)
    const newest = await store.query({ from: { pk: 'P' }, after: 'b', limit: 2, newestFirst: true })
    expect(newest.items.map(({ sk }) => sk)).toEqual(['ab', 'a'])
  })

  it('says that there is no more when the page ends with the list', async () => {
    const store = await open()
    await store.writeMany(['a', 'b'].map((sk) => ({ put: row(sk) })))
    expect((await store.query({ from: { pk: 'P' }, limit: 2 })).more).toBe(false)
    expect((await store.query({ from: { pk: 'P' }, limit: 1 })).more).toBe(true)
    expect(await store.query({ from: { pk: 'Q' } })).toEqual({ items: [], more: false })
  })

  it('pages inside of a prefix, in both directions', async () => {
    const store = await open()
    await store.writeMany(['A', 'B#1', 'B#2', 'B#3', 'C'].map((sk) => ({ put: row(sk) })))
    const query = { from: { pk: 'P' }, prefix: 'B#', limit: 2 }
    const first = await store.query(query)
    expect(first.items.map(({ sk }) => sk)).toEqual(['B#1', 'B#2'])
    expect(first.more).toBe(true)
    const second = await store.query({ ...query, after: 'B#2' })
    expect(second.items.map(({ sk }) => sk)).toEqual(['B#3'])
    expect(second.more).toBe(false)
    const back = await store.query({ ...query, after: 'B#2', newestFirst: true })
    expect(back.items.map(({ sk }) => sk)).toEqual(['B#1'])
  })

  it('reads a range of sort keys, both ends included', async () => {
    const store = await open()
    await store.writeMany(['A', 'B', 'B1', 'C', 'D'].map((sk) => ({ put: row(sk) })))
    const range = { from: { pk: 'P' }, between: ['B', 'C'] as const }
    expect((await store.query(range)).items.map(({ sk }) => sk)).toEqual(['B', 'B1', 'C'])
    const page = await store.query({ ...range, limit: 2 })
    expect(page.items.map(({ sk }) => sk)).toEqual(['B', 'B1'])
    expect(page.more).toBe(true)
    const rest = await store.query({ ...range, after: 'B1' })
    expect(rest.items.map(({ sk }) => sk)).toEqual(['C'])
    expect(rest.more).toBe(false)
  })

  it('reads whole partitions of several megabytes in pages', async () => {
    const store = await open()
    const text = 'x'.repeat(100_000)
    await store.writeMany(Array.from({ length: 25 }, (_, index) => ({ put: row(`n${10 + index}`, { text }) })))
    const all = await store.query({ from: { pk: 'P' }, between: ['n', 'o'] })
    expect(all.items).toHaveLength(25)
    expect(all.more).toBe(false)
  })

  it('orders a list by its own sort key', async () => {
    const store = await open()
    await store.write({ put: row('a', { listPk: 'L', listSk: '2' }) }, { put: row('b', { listPk: 'L', listSk: '1' }) })
    await store.write({ put: row('c') })
    expect((await store.query({ from: { list: 'L' } })).items.map(({ sk }) => sk)).toEqual(['b', 'a'])
    await store.write({ put: row('b', { listPk: 'L', listSk: '3' }) })
    expect((await store.query({ from: { list: 'L' } })).items.map(({ sk }) => sk)).toEqual(['a', 'b'])
    await store.write({ remove: row('a') })
    expect((await store.query({ from: { list: 'L' } })).items.map(({ sk }) => sk)).toEqual(['b'])
  })

  it.each([
    { when: 'absent' as const, holds: false },
    { when: 'present' as const, holds: true },
    { when: { equals: { version: 1 } }, holds: true },
    { when: { equals: { version: 2 } }, holds: false },
    { when: { equals: { version: 1, state: 'on' } }, holds: true },
    { when: { equals: { version: 1, state: 'off' } }, holds: false },
    { when: { equals: { missing: 1 } }, holds: false },
  ])('writes only when $when holds', async ({ when, holds }) => {
    const store = await open()
    const before = row('a', { version: 1, state: 'on' })
    await store.write({ put: before })
    const changed = store.write({ put: row('a', { version: 9 }), when })
    await (holds ? changed : expect(changed).rejects.toThrow(ConditionFailed))
    const removed = store.write({ remove: row('a'), when })
    if (!holds) await expect(removed).rejects.toThrow(ConditionFailed)
    else await removed.catch(() => {})
    if (!holds) expect(await store.get(before)).toEqual(before)
  })

  it('writes all or nothing and says which condition failed', async () => {
    const store = await open()
    await store.write({ put: row('a', { version: 1 }) })
    const refused = store.write(
      { put: row('b') },
      { remove: row('a'), when: { equals: { version: 2 } } },
      { check: row('c'), when: 'absent' },
      { check: row('d'), when: 'present' },
    )
    await expect(refused).rejects.toMatchObject({ failed: [1, 3] })
    expect((await store.query({ from: { pk: 'P' } })).items.map(({ sk }) => sk)).toEqual(['a'])
    await store.write({ put: row('b') }, { check: row('a'), when: 'present' }, { check: row('c'), when: 'absent' })
    expect(await store.get(row('b'))).not.toBeNull()
  })

  it('lets exactly one of many racing writers win', async () => {
    const store = await open()
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, (_, writer) => store.write({ put: row('a', { writer }), when: 'absent' })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('adds to the numbers of a row, all of many at the same time, and lists it', async () => {
    const store = await open()
    const place = { listPk: 'L', listSk: '1' }
    await Promise.all(Array.from({ length: 20 }, () => store.add(row('a', place), { 'n#1': 1, ms: 250 })))
    await store.add(row('a'), { 'n#1': -1, 'other name': 7 })
    const sum = { ...row('a', place), 'n#1': 19, ms: 5000, 'other name': 7 }
    expect(await store.get(row('a'))).toEqual(sum)
    expect((await store.query({ from: { list: 'L' } })).items).toEqual([sum])
    await store.add(row('b', { state: 'on' }), {})
    expect(await store.get(row('b'))).toEqual(row('b', { state: 'on' }))
  })

  it('refuses more than 100 writes at once', async () => {
    const store = await open()
    const writes = Array.from({ length: 101 }, (_, index) => ({ put: row(String(index)) }))
    await expect(store.write(...writes)).rejects.toThrow(RangeError)
    expect((await store.query({ from: { pk: 'P' } })).items).toEqual([])
  })

  it('writes many rows in batches, puts and removals', async () => {
    const store = await open()
    await store.writeMany(Array.from({ length: 60 }, (_, index) => ({ put: row(`n${100 + index}`) })))
    await store.writeMany(Array.from({ length: 59 }, (_, index) => ({ remove: row(`n${100 + index}`) })))
    expect((await store.query({ from: { pk: 'P' } })).items.map(({ sk }) => sk)).toEqual(['n159'])
  })
})
