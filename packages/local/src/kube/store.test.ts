import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { KubeObject } from './object.ts'
import { type Change, Store } from './store.ts'

const object = (name: string, value: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid: name, resourceVersion: '', creationTimestamp: '2030-01-01T00:00:00Z' },
  data: { value },
})
const values = (objects: readonly KubeObject[]) =>
  objects.map((each) => [each.metadata.name, (each.data as { value: number }).value])

describe('the store', () => {
  it('keeps what was written even when the process ends without closing it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridgate-store-'))
    const first = new Store(join(folder, 'objects.sqlite'))
    first.put('configmaps', object('a', 1))
    first.put('configmaps', object('b', 1))
    first.remove('configmaps', first.put('configmaps', object('b', 2)))
    const second = new Store(join(folder, 'objects.sqlite'))
    expect(values(second.list('configmaps'))).toEqual([['a', 1]])
    expect(second.revision).toBe(4)
    expect(second.changesAfter(1).map((change) => change.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    first.close()
    second.close()
    rmSync(folder, { recursive: true })
  })

  it('lists objects as they were at an earlier revision', () => {
    const store = new Store(':memory:')
    store.put('configmaps', object('a', 1))
    store.put('configmaps', object('b', 1))
    store.put('configmaps', object('a', 2))
    store.remove('configmaps', object('b', 1))
    store.put('configmaps', object('c', 1))
    expect(values(store.listAt(2, 'configmaps'))).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    expect(values(store.listAt(3, 'configmaps'))).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    expect(values(store.listAt(1, 'configmaps', 'other'))).toEqual([])
  })

  it('says 410 about revisions that it has forgotten, and bounds what it remembers', () => {
    const store = new Store(':memory:')
    for (let value = 0; value < 2600; value += 1) store.put('configmaps', object('a', value))
    expect(() => store.changesAfter(1)).toThrow('too old resource version: 1')
    expect(store.changesAfter(2590)).toHaveLength(10)
    expect(store.changesAfter(2600)).toEqual([])
    expect(() => store.listAt(5, 'configmaps')).toThrow('too old')
  })

  it('tells listeners each change once, with the state before', () => {
    const store = new Store(':memory:')
    const seen: Change[] = []
    const stop = store.subscribe((change) => seen.push(change))
    store.put('configmaps', object('a', 1))
    store.put('configmaps', object('a', 2))
    stop()
    store.put('configmaps', object('a', 3))
    expect(seen.map((change) => [change.type, change.previous?.metadata.resourceVersion])).toEqual([
      ['ADDED', undefined],
      ['MODIFIED', '1'],
    ])
  })

  it('hands out objects that cannot be changed', () => {
    const store = new Store(':memory:')
    const stored = store.put('configmaps', object('a', 1))
    expect(() => Object.assign(stored.data as object, { value: 2 })).toThrow(TypeError)
  })
})
