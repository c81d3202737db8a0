import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { like } from './like.ts'
import { bothOf, parseFilter } from './parse-filter.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../cluster/fixtures/${name}`, import.meta.url), 'utf8'))

const cluster = fixture('cluster-registered-with-urlmap.json')
const metrics = fixture('metrics-cluster-global-document.json')
const simple = (variable: string, operator: string, value: unknown): object => ({ variable, operator, value })
const matches = (query: unknown, document: unknown = cluster): boolean => parseFilter(query).matches(document)

describe('the condition language', () => {
  it('answers the documented conditions', () => {
    expect((fixture('query-conditions-documented.json') as unknown[]).map((query) => matches(query))).toEqual([
      true, // regionId
      true, // reputation 94 > 90
      true, // tags IN [ml, vision]
      true, // memory 196608 >= 131072
      true, // id LIKE *vision*
      true,
      true,
      false, // gpus.memory is exactly 49152
    ])
  })

  it.each([
    [simple('regionId', '==', 'us-west-2'), true],
    [simple('regionId', '!=', 'us-west-2'), false],
    [simple('missing', '!=', 'x'), true],
    [simple('missing', '==', 'x'), false],
    [simple('missing', '<', 5), false],
    [simple('missing', '==', null), true],
    [simple('tags', '==', 'ml'), true],
    [simple('tags', '==', ['gpu', 'production', 'ml', 'vision', 'us-west']), true],
    [simple('tags', 'IN', ['nothing', 'of', 'this']), false],
    [simple('tags', 'LIKE', 'us-*'), true],
    [simple('config.useGateway', '==', true), true],
    [simple('nodes.nodeData.id', '==', 'node-2'), true],
    [simple('nodes.nodeData.gpus.gpus.modelName', 'LIKE', '*V100'), true],
    [simple('nodes.nodeData.1.memory', '==', 65536), true],
    [simple('constructor.name', '==', 'Object'), false],
    [simple('tags.length', '==', 5), false],
  ])('%j is %s', (query, expected) => {
    expect(matches(query)).toBe(expected)
  })

  it('nests AND and OR; an empty AND holds, an empty OR does not', () => {
    const [yes, no] = [simple('regionId', '==', 'us-west-2'), simple('regionId', '==', 'x')]
    const joined = (logicalOperator: string, ...conditions: unknown[]): object => ({ logicalOperator, conditions })
    expect(matches(joined('AND', yes, joined('OR', no, yes)))).toBe(true)
    expect(matches(joined('OR', no, joined('AND', yes, no)))).toBe(false)
    expect(matches(joined('AND'))).toBe(true)
    expect(matches(joined('OR'))).toBe(false)
  })

  it.each([
    ['count', 'nodes', '==', 1],
    ['count', 'nodes.network', '==', '1'],
    ['sum', 'nodes.memory.freeMem', '>', '60000'],
    ['avg', 'nodes.memory.freeMem', '<=', 65536],
    ['max', 'nodes.vcpu.load_15m', '<', 1],
    ['min', 'nodes.vcpu.load15m', '>=', '0.8'],
  ])('aggregates: %s of %s %s %s', (aggOperator, target, operator, value) => {
    const [node] = (metrics as { nodes: unknown[] }).nodes
    expect(matches({ aggOperator, target, operator, value }, { nodes: [node] })).toBe(true)
  })

  it('never holds for an aggregate of nothing but a count or a sum', () => {
    const none = (aggOperator: string): object => ({ aggOperator, target: 'nowhere', operator: '==', value: 0 })
    expect(['count', 'sum', 'avg', 'min', 'max'].map((name) => matches(none(name)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('the MongoDB language', () => {
  it.each([
    [{}, true],
    [{ regionId: 'us-west-2', reputation: { $gt: 90, $lte: '94' } }, true],
    [{ regionId: 'us-west-2', reputation: { $gt: 94 } }, false],
    [{ $and: [{ memory: { $gte: 196608 } }, { $or: [{ id: 'x' }, { tags: 'ml' }] }] }, true],
    [{ $nor: [{ id: 'x' }, { tags: 'ml' }] }, false],
    [{ reputation: { $not: { $lt: 90 } } }, true],
    [{ regionId: { $ne: 'eu' } }, true],
    [{ regionId: { $in: ['eu', 'us-west-2'] } }, true],
    [{ regionId: { $nin: ['eu', 'us-west-2'] } }, false],
    [{ swap: { $exists: true }, nothing: { $exists: false } }, true],
    [{ tags: { $size: 5 } }, true],
    [{ tags: { $all: ['ml', 'gpu'] } }, true],
    [{ tags: { $all: ['ml', 'tpu'] } }, false],
    [{ 'nodes.nodeData': { $elemMatch: { memory: { $gt: 100000 }, id: 'node-1' } } }, true],
    [{ 'nodes.nodeData': { $elemMatch: { memory: { $gt: 100000 }, id: 'node-2' } } }, false],
    [{ tags: { $elemMatch: { $eq: 'ml' } } }, true],
    [{ gpus: { count: 3, memory: 49152 } }, true],
    [{ gpus: { memory: '49152', count: 3 } }, true],
    [{ gpus: { count: 3 } }, false],
    [{ nothing: null }, true],
    [{ variable: 'x' }, false],
  ])('%j is %s', (query, expected) => {
    expect(matches(query)).toBe(expected)
  })
})

describe('defect 38: numbers compare as numbers when either side looks like one', () => {
  it.each([
    [simple('reputation', '>', '90'), { reputation: 94 }, true],
    [simple('reputation', '>', 90), { reputation: '94' }, true],
    [simple('reputation', '<', '100'), { reputation: '94' }, true],
    [simple('a', '==', '5.0'), { a: 5 }, true],
    [simple('a', '==', 5), { a: '5e0' }, true],
    [simple('a', 'IN', ['4', '5']), { a: 5 }, true],
    [simple('a', 'IN', ['x', -0]), { a: 0 }, true],
    [simple('a', 'IN', [true, { b: ['1'] }]), { a: { b: [1] } }, true],
    [simple('a', 'IN', [null]), {}, true],
    [simple('a', 'IN', ['true']), { a: true }, false],
    [simple('a', '!=', '5'), { a: 5 }, false],
    [{ a: { $gte: '9', $lt: 11 } }, { a: '10' }, true],
    [{ a: { $in: [10] } }, { a: ['7', '10'] }, true],
    [simple('a', '>', 'abc'), { a: 5 }, false],
    [simple('a', '==', '0x10'), { a: 16 }, false],
    [simple('a', '==', ' 5'), { a: 5 }, false],
    [simple('a', '==', ''), { a: 0 }, false],
    [simple('a', '==', true), { a: 1 }, false],
    [simple('a', '<', 'b'), { a: 'a' }, true],
    [simple('cluster.gpu.totalFreeMem', '>', '9000'), metrics, true],
  ])('%j of %j is %s', (query, document, expected) => {
    expect(matches(query, document)).toBe(expected)
  })

  it('reads the documented filter with its quoted numbers', () => {
    const { clusterMetricsQuery, clusterQuery } = fixture('cluster-filter-documented.json') as Record<string, unknown>
    expect(matches(clusterMetricsQuery, metrics)).toBe(true)
    expect(matches(clusterQuery, { gpus: { count: 6 }, clusterMetadata: { vendor: 'dma-bangalore' } })).toBe(true)
    expect(matches(clusterQuery, { gpus: { count: 5 }, clusterMetadata: { vendor: 'dma-bangalore' } })).toBe(false)
  })
})

describe('defect 39: a query that is narrowed stays as narrow as asked', () => {
  it('asks both, also where the first is an OR', () => {
    const wide = parseFilter({ logicalOperator: 'OR', conditions: [simple('id', '==', 'a'), simple('id', '==', 'b')] })
    const narrowed = bothOf(wide, parseFilter(simple('id', 'IN', ['b', 'c'])))
    expect(['a', 'b', 'c'].map((id) => narrowed.matches({ id }))).toEqual([false, true, false])
    expect([...narrowed.paths]).toEqual(['id'])
  })
})

describe('defect 40: LIKE is anchored, and only * is special', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'xabcx', false],
    ['*abc*', 'xabcx', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['a.c', 'abc', false],
    ['a+(b)[c]$^|\\', 'a+(b)[c]$^|\\', true],
    ['A*', 'abc', false],
    ['*', '', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-c-b-c', true],
    ['*a*a', 'a', false],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(like(pattern)(text)).toBe(expected)
  })

  it('answers at once where a backtracking matcher would not', () => {
    expect(like(`${'*a'.repeat(500)}*b`)('a'.repeat(100_000))).toBe(false)
  })
})

describe('defect 41: OR works for every operator', () => {
  it.each([
    simple('cluster.vcpu.load15m', '<', '10'),
    simple('cluster.gpu.count', '>=', 3),
    simple('clusterId', 'LIKE', 'cluster-*'),
    simple('cluster.gpu.count', 'IN', ['3']),
    simple('cluster.gpu.count', '!=', 4),
  ])('in an OR: %j', (condition) => {
    const never = simple('clusterId', '==', 'x')
    expect(matches({ logicalOperator: 'OR', conditions: [never, condition] }, metrics)).toBe(true)
  })
})

describe('defect 42: documented and emitted metric names are one', () => {
  it.each([
    ['cluster.vcpu.load_15m', metrics],
    ['cluster.vcpu.load15m', metrics],
    ['cluster.vcpu.load_15m', { cluster: { vcpu: { load_15m: 1.2 } } }],
    ['cluster.vcpu.load15m', { cluster: { vcpu: { load_15m: 1.2 } } }],
  ])('%s is found', (variable, document) => {
    expect(matches(simple(variable, '>', '1'), document)).toBe(true)
  })

  it('finds names that hold dots themselves', () => {
    expect(matches(simple('cluster.storage.disks.memory.freeMem', '==', 800000), metrics)).toBe(true)
    expect(matches(simple('cluster.gpus.[1].freeMem', '<', '9000'), metrics)).toBe(true)
  })
})

describe('what is refused', () => {
  it.each([
    [{ $where: 'this.a' }, '$where'],
    [{ a: { $regex: '^a' } }, '$regex'],
    [{ $expr: {} }, '$expr'],
    [{ a: { b: { $function: {} } } }, '$function'],
    [{ a: { $in: [{ $gt: 1 }] } }, '$gt'],
    [{ a: { $eq: 1, b: 2 } }, 'b'],
    [{ $and: [{ $text: 'x' }] }, '$text'],
    [{ a: { $not: { $regex: 'x' } } }, '$regex'],
    [{ a: { $elemMatch: { $where: 'x' } } }, '$where'],
    [simple('a', '=~', 'x'), '=~'],
    [simple('a', 'toString', 'x'), 'toString'],
    [{ logicalOperator: 'and', conditions: [] }, 'and'],
    [{ logicalOperator: 'NOT', conditions: [] }, 'NOT'],
    [{ aggOperator: 'median', target: 'a', operator: '>', value: 1 }, 'median'],
  ])('an unknown operator, by name: %j', (query, operator) => {
    expect(() => parseFilter(query)).toThrow(
      expect.objectContaining({
        code: 'query.unknown_operator',
        message: expect.stringContaining(operator),
        details: expect.objectContaining({ operator }),
      }),
    )
  })

  const nested = (levels: number): object =>
    levels === 0 ? simple('a', '==', 1) : { logicalOperator: 'AND', conditions: [nested(levels - 1)] }
  const nestedFilter = (levels: number): object => (levels === 0 ? { a: 1 } : { $and: [nestedFilter(levels - 1)] })

  it.each([
    ['no object', 'x'],
    ['null', null],
    ['a list', []],
    ['a condition without a value', { variable: 'a', operator: '==' }],
    ['a condition with a misspelt member', { ...simple('a', '==', 1), valeu: 2 }],
    ['an empty path', simple('', '==', 1)],
    ['a path with an empty step', simple('a..b', '==', 1)],
    ['a path that is no text', simple(5 as unknown as string, '==', 1)],
    ['a very long path', simple('a'.repeat(300), '==', 1)],
    ['a path of very many steps', simple(`${'a.'.repeat(20)}a`, '==', 1)],
    ['IN with very many objects', simple('a', 'IN', Array(30).fill({ b: 1 }))],
    ['$all with a very long list', { a: { $all: Array(300).fill(1) } }],
    ['a value nested very deeply', { a: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) }],
    ['IN without a list', simple('a', 'IN', 'x')],
    ['IN with a very long list', simple('a', 'IN', Array(1001).fill(1))],
    ['LIKE without a text', simple('a', 'LIKE', 5)],
    ['LIKE with a very long text', simple('a', 'LIKE', 'x'.repeat(2000))],
    ['conditions that are no list', { logicalOperator: 'AND', conditions: {} }],
    ['an aggregate compared with a text', { aggOperator: 'sum', target: 'a', operator: '>', value: 'x' }],
    ['an empty $or', { $or: [] }],
    ['an empty set of operators', { a: { $not: {} } }],
    ['a $size that is no number', { a: { $size: 'x' } }],
    ['deep nesting', nested(20)],
    ['deep nesting of filters', nestedFilter(20)],
    ['very many conditions', { logicalOperator: 'OR', conditions: Array(300).fill(simple('a', '==', 1)) }],
    ['very many fields', Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, 1]))],
  ])('%s', (_, query) => {
    expect(() => parseFilter(query)).toThrow(expect.objectContaining({ code: 'query.invalid' }))
  })
})

describe('a query that would keep everybody else waiting', () => {
  const list = (length: number, last: unknown): unknown[] => [...Array(length - 1).fill(0), last]
  const document = {
    nodes: Array.from({ length: 2000 }, () => ({ lists: Array.from({ length: 60 }, () => list(20, 1)) })),
    text: 'a'.repeat(380_000),
  }
  const anyOf = (condition: object): object => ({ logicalOperator: 'OR', conditions: Array(150).fill(condition) })
  const anyFilter = (filter: object): object => ({ $or: Array(20).fill(filter) })
  const half = 'a'.repeat(450)

  it.each([
    ['compares long lists', anyOf(simple('nodes.lists', 'IN', Array(20).fill(list(20, 2))))],
    ['compares a large object', anyFilter({ 'nodes.lists': list(20, { a: list(20, 2) }) })],
    ['walks into every element', anyFilter({ nodes: { $elemMatch: { lists: { $elemMatch: { $ne: 1, $eq: 2 } } } } })],
    ['searches long texts', anyOf(simple('text', 'LIKE', `*${half}b${half}*`))],
    ['finds nothing on a long way', anyOf(simple('nodes.lists.x', '==', 1))],
    ['adds up again and again', anyOf({ aggOperator: 'sum', target: 'nodes.lists', operator: '<', value: 0 })],
  ])('is given up when it %s', (_, query) => {
    const filter = parseFilter(query)
    expect(() => Array.from({ length: 20 }, () => filter.matches(document))).toThrow(
      expect.objectContaining({ code: 'query.invalid', message: expect.stringContaining('takes too long') }),
    )
  })

  it('is not one that asks ten things of 5,000 nodes', () => {
    const nodes = Array.from({ length: 5000 }, (_, index) => ({ id: `n${index}`, memory: index, tags: ['a', 'b'] }))
    const conditions = Array.from({ length: 10 }, (_, index) => simple('nodes.tags', 'IN', ['c', `d${index}`]))
    expect(matches({ logicalOperator: 'OR', conditions }, { nodes })).toBe(false)
  })
})
