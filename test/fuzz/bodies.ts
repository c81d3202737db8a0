import fc from 'fast-check'
import { fromSchema, nasty, type Schema } from './arbitrary.ts'

/** Paths that a cluster document may have, and some that it does not. */
const path = fc.constantFrom(
  ...['id', 'regionId', 'status', 'tags', 'tags.0', 'gpus.count', 'memory', 'config', 'config.urlMap', 'reputation'],
  ...['nodes.nodeData', 'nodes.nodeData.id', 'nodes.nodeData.0.gpus.count', 'clusterMetadata.owner', 'clusterMetadata'],
  ...['', '.', 'a..b', '__proto__.x', 'constructor', '$where', 'x'.repeat(300), Array(20).fill('a').join('.')],
)
const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), nasty)

const comparison = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'IN', 'NOT IN', 'LIKE', 'in', '$gt', '', 'nope')
const simple = fc.record({ variable: path, operator: comparison, value })
const aggregate = fc.record({
  aggOperator: fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'median'),
  target: path,
  operator: comparison,
  value,
})
const mongoOperators = [
  '$eq',
  '$ne',
  '$gt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$size',
  '$all',
  '$elemMatch',
  '$not',
  '$regex',
]

/** The documented condition language and the Mongo-style one, nested, mostly right. */
const query = fc.letrec((tie) => ({
  condition: fc.oneof({ maxDepth: 4 }, simple, aggregate, tie('logical')),
  logical: fc.record({
    logicalOperator: fc.constantFrom('AND', 'OR', 'NOT'),
    conditions: fc.array(tie('condition'), { maxLength: 3 }),
  }),
  mongo: fc.oneof(
    { maxDepth: 4 },
    fc.dictionary(path, value, { maxKeys: 2 }),
    fc.dictionary(path, fc.dictionary(fc.constantFrom(...mongoOperators), value, { maxKeys: 2 }), { maxKeys: 2 }),
    fc.record({ $and: fc.array(tie('mongo'), { maxLength: 3 }) }),
    fc.record({ $nor: fc.array(tie('mongo'), { maxLength: 3 }) }),
  ),
  any: fc.oneof(tie('condition'), tie('mongo')),
})).any

/** Kubeconfigs from nearly right to nonsense; their server is an address that nobody may call. */
const kubeconfig = fc.oneof(
  fc.record({
    apiVersion: fc.constant('v1'),
    'current-context': fc.constantFrom('x', 'y', ''),
    clusters: fc.constant([{ name: 'c', cluster: { server: 'https://169.254.169.254' } }]),
    users: fc.array(
      fc.record({ name: fc.constant('u'), user: fc.dictionary(fc.constantFrom('token', 'exec', 'as'), value) }),
    ),
    contexts: fc.constant([{ name: 'x', context: { cluster: 'c', user: 'u' } }]),
  }),
  value,
)
const infra = fc.record({
  cluster_id: fc.oneof(fc.constantFrom('west-1', 'none'), value),
  kube_config_data: kubeconfig,
})

/** Bodies of the routes whose document says only "an object"; null for the others. */
export function bodyOf(path: string, cluster: Schema): fc.Arbitrary<unknown> | null {
  if (path === '/clusters/create' || path === '/api/createCluster') return fromSchema(cluster)
  if (path === '/clusters/query' || path === '/policy/query')
    return fc.record({ query, limit: fc.constantFrom(1, 500) })
  if (path.startsWith('/clusters/update')) return fc.dictionary(pathOrAny, value, { maxKeys: 3 })
  if (path.endsWith('-cluster-infra')) return infra
  return null
}
const pathOrAny = fc.oneof(path, fc.string({ maxLength: 20 }))

/** Texts that are no JSON, or are one that parsers trip over. */
export const rawBodies: readonly string[] = [
  ...[
    '',
    ' ',
    '{',
    '}',
    '{"a":',
    '[1,',
    '"',
    'null',
    'true',
    '0',
    '"text"',
    '[]',
    '{}{}',
    '{"a":1,"a":2}',
    '\u0000',
    '\ufeff{}',
  ],
  ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '{"a":1e999}', '{"a":"\\ud800"}', '{"a":NaN}'],
  ...['['.repeat(20_000), '{"a":'.repeat(20_000), `{"a":"${'x'.repeat(100_000)}"}`, `{${'"k":1,'.repeat(5000)}"z":1}`],
]
