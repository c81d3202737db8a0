import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtinSchema } from '../schema/builtin.ts'
import { compareFields } from './compare.ts'
import { fieldsOf, pathText, readFields, writeFields } from './field-set.ts'
import { jsonPatch, mergePatch } from './json-patch.ts'
import { mergeConfiguration, removeFields } from './merge.ts'
import { strategicMerge } from './strategic-merge.ts'

const pod = builtinSchema('Pod')
const podOf = <Spec extends object>(spec: Spec): { spec: Spec } => ({ spec })

describe('field sets', () => {
  it('know list items by their keys, defaults included, and atomic values as one', () => {
    const value = podOf({
      containers: [{ name: 'a', ports: [{ containerPort: 80 }], command: ['x', 'y'] }],
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: { a: 'b' },
    })
    expect(writeFields(fieldsOf(value, pod))).toEqual({
      'f:spec': {
        'f:containers': {
          'k:{"name":"a"}': {
            '.': {},
            'f:name': {},
            'f:command': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:tolerations': {},
        'f:nodeSelector': {},
      },
    })
  })

  it('show paths as messages do', () => {
    const [path = ''] = fieldsOf(podOf({ containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] }), pod)
    expect(pathText(path)).toBe('.spec.containers[name="a"]')
    const set = new Set(['f:metadata\u0000f:finalizers\u0000v:"hold"'])
    expect([...set].map(pathText)).toEqual(['.metadata.finalizers[="hold"]'])
  })

  it('survive being written and read', () => {
    const names = fc.constantFrom('a', 'b', 'c')
    const container = fc.record({ name: names, image: names }, { requiredKeys: ['name'] })
    const spec = fc.record(
      { containers: fc.uniqueArray(container, { selector: (each) => each.name }), hostname: names },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(spec, (generated) => {
        const set = fieldsOf(podOf(generated), pod)
        expect(readFields(writeFields(set))).toEqual(set)
      }),
    )
  })
})

describe('comparing', () => {
  it('names changed and removed fields, items apart', () => {
    const before = podOf({
      hostname: 'x',
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
    })
    const after = podOf({
      containers: [
        { name: 'a', image: '2' },
        { name: 'c', image: '1' },
      ],
    })
    const { changed, removed } = compareFields(before, after, pod)
    expect([...changed].map(pathText).sort()).toEqual([
      '.spec.containers[name="a"].image',
      '.spec.containers[name="c"]',
      '.spec.containers[name="c"].image',
      '.spec.containers[name="c"].name',
    ])
    expect([...removed].map(pathText)).toEqual(expect.arrayContaining(['.spec.hostname', '.spec.containers[name="b"]']))
  })
})

describe('merging a configuration', () => {
  it('keeps what it does not mention, and replaces atomic values', () => {
    const live = podOf({
      nodeSelector: { a: '1' },
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
    })
    const merged = mergeConfiguration(
      live,
      podOf({ nodeSelector: { b: '1' }, containers: [{ name: 'b', image: '2' }] }),
      pod,
    )
    expect(merged).toEqual(
      podOf({
        nodeSelector: { b: '1' },
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
        ],
      }),
    )
  })

  it('takes out fields that nobody else keeps', () => {
    const value = podOf({ hostname: 'x', containers: [{ name: 'a', image: '1' }] })
    const gone = fieldsOf(value, pod)
    const kept = new Set(['f:spec\u0000f:hostname'])
    expect(removeFields(value, pod, gone, kept)).toEqual(podOf({ hostname: 'x' }))
  })
})

describe('strategic merge patch', () => {
  const before = podOf({
    containers: [
      { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: '1' },
    ],
    tolerations: [{ key: 'x' }],
  })
  it.each([
    [
      'merges items by their key',
      { containers: [{ name: 'a', image: '2' }] },
      {
        ...before.spec,
        containers: [
          { name: 'a', image: '2', env: [{ name: 'X', value: '1' }] },
          { name: 'b', image: '1' },
        ],
      },
    ],
    [
      'removes an item',
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { ...before.spec, containers: [{ name: 'b', image: '1' }] },
    ],
    [
      'replaces a list',
      { containers: [{ $patch: 'replace' }, { name: 'z', image: '9' }] },
      { ...before.spec, containers: [{ name: 'z', image: '9' }] },
    ],
    ['replaces lists without keys', { tolerations: [{ key: 'y' }] }, { ...before.spec, tolerations: [{ key: 'y' }] }],
    ['removes a member', { tolerations: null }, { containers: before.spec.containers }],
    [
      'orders items',
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      { ...before.spec, containers: before.spec.containers.toReversed() },
    ],
  ])('%s', (_what, patch, spec) => {
    expect(strategicMerge(before, podOf(patch), pod)).toEqual(podOf(spec))
  })

  it('takes values out of plain lists, and keeps only named members', () => {
    const map = builtinSchema('ConfigMap')
    const value = { metadata: { finalizers: ['a', 'b'] } }
    expect(strategicMerge(value, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }, map)).toEqual({
      metadata: { finalizers: ['b'] },
    })
    expect(strategicMerge(value, { metadata: { finalizers: ['c'] } }, map)).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    })
    expect(strategicMerge({ a: 1, b: 2 }, { $retainKeys: ['a'], a: 3 }, map)).toEqual({ a: 3 })
    expect(() => strategicMerge({}, { $patch: 'odd' }, map)).toThrow('unknown $patch directive')
  })
})

describe('JSON patch and merge patch', () => {
  it.each([
    [[{ op: 'add', path: '/list/-', value: 3 }], { list: [1, 2, 3], a: { 'b/c': 1 } }],
    [[{ op: 'add', path: '/list/0', value: 0 }], { list: [0, 1, 2], a: { 'b/c': 1 } }],
    [[{ op: 'remove', path: '/list/1' }], { list: [1], a: { 'b/c': 1 } }],
    [[{ op: 'replace', path: '/a/b~1c', value: 2 }], { list: [1, 2], a: { 'b/c': 2 } }],
    [[{ op: 'move', from: '/list', path: '/moved' }], { moved: [1, 2], a: { 'b/c': 1 } }],
    [[{ op: 'copy', from: '/a', path: '/copied' }], { list: [1, 2], a: { 'b/c': 1 }, copied: { 'b/c': 1 } }],
  ])('follows %j', (patch, expected) => {
    expect(jsonPatch({ list: [1, 2], a: { 'b/c': 1 } }, patch)).toEqual(expected)
  })

  it.each([
    ['a path that is not there', [{ op: 'remove', path: '/none' }], 422],
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }], 422],
    ['an unknown operation', [{ op: 'odd', path: '/a' }], 400],
    ['something that is no list', {}, 400],
  ])('refuses %s', (_what, patch, code) => {
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code }))
  })

  it('leaves its input as it was', () => {
    const input = { a: { b: 1 } }
    jsonPatch(input, [{ op: 'replace', path: '/a/b', value: 2 }])
    mergePatch(input, { a: { b: null } })
    expect(input).toEqual({ a: { b: 1 } })
  })
})
