import { readFileSync } from 'node:fs'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { Item } from '@gridgate/storage/store'
import { expect, it } from 'vitest'
import { countingStore } from './counting-store.ts'
import { itemBytes } from './item-size.ts'
import { measure } from './measure.ts'
import { filled, sections } from './page.ts'

it('docs/scale.md says what is counted; `npm run scale` writes it', async () => {
  const page = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8')
  expect(page).toBe(filled(page, sections(await measure())))
})

it.each<[string, Item, number]>([
  ['names and texts', { pk: 'a', sk: 'bc' }, 7],
  ['numbers by pairs of digits', { pk: '', sk: '', n: 1234 }, 8],
  ['bytes', { pk: '', sk: '', b: new Uint8Array(5) }, 10],
  ['lists', { pk: '', sk: '', l: ['a', true] }, 12],
  ['texts of other scripts', { pk: 'é', sk: '' }, 6],
])('the size of an item counts %s', (_, item, bytes) => {
  expect(itemBytes(item)).toBe(bytes)
})

const key = { pk: 'A', sk: 'B' }
const listed = { ...key, listPk: 'L', listSk: '1' }
const large = { ...listed, text: 'x'.repeat(1500) }
it.each([
  ['a small row', [], [{ put: key }], 1, 0],
  ['a row in a list', [], [{ put: listed }], 1, 1],
  ['a large one in a list', [], [{ put: large }], 2, 2],
  ['a change that makes it smaller', [large], [{ put: listed }], 2, 2],
  ['a change of its place', [listed], [{ put: { ...listed, listSk: '2' } }], 1, 2],
  ['a removal', [large], [{ remove: key }], 2, 2],
  ['two in one transaction', [], [{ put: key }, { put: { pk: 'C', sk: 'D' } }], 4, 0],
  [
    'a transaction that only looks at one',
    [key],
    [{ check: key, when: 'present' as const }, { put: { pk: 'C', sk: 'D' } }],
    4,
    0,
  ],
] as const)('counts %s', async (_, before, writes, table, list) => {
  const inner = memoryStore()
  for (const put of before) await inner.write({ put })
  const { store, used } = countingStore(inner)
  await store.write(...writes)
  expect(used()).toEqual({ writes: 1, table, lists: new Map(list === 0 ? [] : [['L', list]]) })
})
