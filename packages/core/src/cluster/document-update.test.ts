import { describe, expect, it } from 'vitest'
import { applyUpdate, pointerIntoUpdate, readUpdate } from './document-update.ts'

const document = {
  id: 'west-1',
  regionId: 'a',
  tags: ['x'],
  nodes: { nodeData: [{ id: 'n' }] },
  config: { urlMap: { controllerService: 'http://a' }, useGateway: true, 'secondary.IPs': 1 },
  clusterMetadata: { owner: 'Ann', nothing: null },
}
const updated = (update: Record<string, unknown>): Record<string, unknown> => applyUpdate(document, readUpdate(update))

describe('an update', () => {
  it('sets fields by dotted path and creates objects on the way', () => {
    expect(
      updated({
        regionId: 'b',
        tags: ['y'],
        'clusterMetadata.owner': null,
        'clusterMetadata.a.b': 1,
        'clusterMetadata.a.c': 2,
      }),
    ).toEqual({
      ...document,
      regionId: 'b',
      tags: ['y'],
      clusterMetadata: { owner: null, nothing: null, a: { b: 1, c: 2 } },
    })
  })

  it('does not change the document that it starts from', () => {
    const before = structuredClone(document)
    updated({ 'clusterMetadata.owner': 'Bob', 'config.useGateway': false, nodes: { count: 1 } })
    expect(document).toEqual(before)
  })

  it('takes {"$set": …} of old clients for its content', () => {
    expect(updated({ $set: { 'clusterMetadata.owner': 'Bob' } })).toEqual(updated({ 'clusterMetadata.owner': 'Bob' }))
    expect(updated({ $set: { regionId: 'b' }, tags: [] })).toEqual(updated({ regionId: 'b', tags: [] }))
  })

  it.each([
    [{ $unset: { a: 1 } }, '$unset'],
    [{ $push: { tags: 'x' } }, '$push'],
    [{ $set: { $inc: { a: 1 } } }, '$inc'],
    [{ 'clusterMetadata.$rename': 1 }, '$rename'],
    [{ clusterMetadata: { deep: [{ $each: [] }] } }, '$each'],
  ])('refuses other operators by name: %j', (update, operator) => {
    expect(() => readUpdate(update)).toThrow(
      expect.objectContaining({ code: 'query.unknown_operator', details: expect.objectContaining({ operator }) }),
    )
  })

  it.each([
    '__proto__',
    'a.__proto__.b',
    'constructor.prototype.x',
    'clusterMetadata.constructor',
    'prototype',
  ])('refuses a path through %s', (path) => {
    const update = JSON.parse(`{"${path}": 1}`) as Record<string, unknown>
    expect(() => readUpdate(update)).toThrow(expect.objectContaining({ code: 'request.unsafe_json' }))
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it.each([
    ['nothing', {}],
    ['an empty $set', { $set: {} }],
    ['a $set that is no object', { $set: 5 }],
    ['an empty path', { '': 1 }],
    ['an empty step', { 'a..b': 1 }],
    ['a very long path', { [`a${'.a'.repeat(20)}`]: 1 }],
    ['very many fields', Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`f${index}`, 1]))],
    ['a path and a part of it', { config: {}, 'config.useGateway': true }],
    ['a path twice', { $set: { regionId: 'b' }, regionId: 'c' }],
    ['a path into a list', { 'tags.0': 'y' }],
    ['a path into an element of a list', { 'nodes.nodeData.0.memory': 1 }],
    ['a path through a text', { 'regionId.x': 1 }],
    ['a path through null', { 'clusterMetadata.nothing.x': 1 }],
  ])('refuses %s', (_, update) => {
    expect(() => updated(update)).toThrow(expect.objectContaining({ code: 'request.invalid' }))
  })

  it.each([
    [{ id: 'east-1' }, 'id'],
    [{ id: null }, 'id'],
    [{ _id: 1 }, '_id'],
    [{ version: 3 }, 'version'],
    [{ 'infra.state': 'absent' }, 'infra'],
    [{ created_at: 'x' }, 'created_at'],
    [{ 'config.urlMap': {} }, 'config.urlMap'],
    [{ 'config.urlMap.controllerService': 'http://evil' }, 'config.urlMap'],
    [{ config: { urlMap: { controllerService: 'http://evil' } } }, 'config.urlMap'],
  ])('refuses what the system owns: %j', (update, field) => {
    expect(() => updated(update)).toThrow(expect.objectContaining({ code: 'field.system_owned', details: { field } }))
  })

  it('lets a client send back what it read, and carries the address map over when config is replaced', () => {
    expect(updated({ ...document, regionId: 'b' })).toEqual({ ...document, regionId: 'b' })
    expect(updated({ config: { useGateway: false } }).config).toEqual({
      useGateway: false,
      urlMap: document.config.urlMap,
    })
  })

  it('tells a problem of the document in terms of the update', () => {
    const assignments = readUpdate({ 'gpus.count': -1, nodes: {} })
    expect(pointerIntoUpdate('/gpus/count', assignments)).toBe('/gpus.count')
    expect(pointerIntoUpdate('/nodes/nodeData/0/id', assignments)).toBe('/nodes/nodeData/0/id')
    expect(pointerIntoUpdate('/memory', assignments)).toBe('/memory')
  })
})
