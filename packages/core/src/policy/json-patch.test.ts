import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../json.ts'
import { jsonPatch, type PatchOperation } from './json-patch.ts'

/** Applies a patch as RFC 6902 says, written for this test alone. */
function apply(document: Json, operations: PatchOperation[]): Json {
  const root = { '': structuredClone(document) } as { [key: string]: Json }
  for (const operation of operations) {
    const steps = ['', ...operation.path.split('/').slice(1)].map((step) =>
      step.replaceAll('~1', '/').replaceAll('~0', '~'),
    )
    const last = steps.pop() as string
    const parent = steps.reduce<Json>((at, step) => (at as { [key: string]: Json })[step] as Json, root)
    if (Array.isArray(parent)) {
      const index = last === '-' ? parent.length : Number(last)
      const isAdd = operation.op === 'add'
      parent.splice(index, isAdd ? 0 : 1, ...(operation.op === 'remove' ? [] : [structuredClone(operation.value)]))
    } else if (operation.op === 'remove') delete (parent as { [key: string]: Json })[last]
    else (parent as { [key: string]: Json })[last] = structuredClone(operation.value)
  }
  return root[''] as Json
}

const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('__proto__')) as fc.Arbitrary<Json>

describe('jsonPatch', () => {
  it('leads from any value to any other', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        // Minus zero is zero in JSON.
        const wanted = JSON.parse(JSON.stringify(after)) as Json
        expect(apply(before, jsonPatch(before, wanted))).toEqual(wanted)
      }),
      { numRuns: 300 },
    )
  })

  it('is empty for equal values', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(jsonPatch(value, structuredClone(value))).toEqual([])
      }),
    )
  })

  it('says only what differs, with escaped keys', () => {
    const before = { 'a/b': { '~': 1, kept: [1] }, list: [1, 2, 3], gone: null }
    const after = { 'a/b': { '~': 2, kept: [1] }, list: [1, 9], added: true }
    expect(jsonPatch(before, after)).toEqual([
      { op: 'remove', path: '/gone' },
      { op: 'replace', path: '/a~1b/~0', value: 2 },
      { op: 'replace', path: '/list/1', value: 9 },
      { op: 'remove', path: '/list/2' },
      { op: 'add', path: '/added', value: true },
    ])
  })
})
