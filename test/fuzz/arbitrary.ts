import fc from 'fast-check'

export type Schema = {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  propertyNames?: Schema
  items?: Schema
  prefixItems?: Schema[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  maxItems?: number
  minItems?: number
  $ref?: string
}

const depthMax = 4

/** Values that have hurt somebody's parser before. */
export const nasty = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  '../../etc/passwd',
  'a/b',
  '%2e%2e',
  '\u0000',
  '\ud800',
  '💥'.repeat(50),
  'x'.repeat(5000),
  [],
  {},
  [[[[]]]],
  { $where: '1' },
  { $gt: '' },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  { constructor: { prototype: 1 } },
  { length: -1 },
)

/** Mostly what the schema wants, sometimes not at all. */
export function fromSchema(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: valid(schema, depth) }, { weight: 1, arbitrary: nasty })
}

function valid(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, depth)))
  if (schema.allOf)
    return fc.tuple(...schema.allOf.map((part) => valid(part, depth))).map((parts) => Object.assign({}, ...parts))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object' || schema.properties) return object(schema, depth)
  if (type === 'array') return list(schema, depth)
  if (type === 'string') return text(schema)
  if (type === 'integer')
    return fc.integer({ min: Math.max(schema.minimum ?? -10, -1e9), max: Math.min(schema.maximum ?? 1e6, 1e9) })
  if (type === 'number')
    return fc.double({ noNaN: true, noDefaultInfinity: true, min: schema.minimum ?? -10, max: schema.maximum ?? 1e6 })
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  return fc.jsonValue({ maxDepth: 2 })
}

function object(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const required = new Set(schema.required ?? [])
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => depth < depthMax || required.has(name))
  const known = fc.record(Object.fromEntries(properties.map(([name, value]) => [name, fromSchema(value, depth + 1)])), {
    // Now and then a required field is left out too.
    requiredKeys: properties.filter(([name]) => required.has(name) && Math.abs(depth) < depthMax).map(([name]) => name),
  })
  const extra = fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })
  return fc
    .tuple(known, extra, fc.integer({ min: 0, max: 9 }))
    .map(([value, more, mood]) => (mood === 0 ? { ...more, ...value } : value))
}

const list = (schema: Schema, depth: number): fc.Arbitrary<unknown> =>
  fc.array(fromSchema(schema.items ?? {}, depth + 1), {
    minLength: schema.minItems ?? 0,
    maxLength: depth < depthMax ? 3 : (schema.minItems ?? 0),
  })

function text(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.pattern) {
    try {
      return fc.stringMatching(new RegExp(schema.pattern), { maxLength: 40 } as never)
    } catch {
      // A pattern that fast-check cannot invert is tried with any text.
    }
  }
  return fc.oneof(
    fc.string({ maxLength: Math.min(schema.maxLength ?? 30, 30) }),
    fc.constantFrom('west-1', 'cluster-west-vision-001'),
  )
}
