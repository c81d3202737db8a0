import { isTree, type Tree } from '../object.ts'
import { anySchema, memberSchema, type Schema } from './schema.ts'

/** A value as its schema knows it, and what did not fit. */
export interface Pruned {
  value: unknown
  /** Paths of members that the schema does not have; they are left out of the value. */
  unknown: string[]
  /** Values of another type than the schema's: `spec.replicas: string, not integer`. */
  mismatches: string[]
}

/** Leaves out what the schema does not know, and nulls, as decoding into a typed object does. */
export function prune(value: unknown, schema: Schema): Pruned {
  const pruned: Pruned = { value: undefined, unknown: [], mismatches: [] }
  pruned.value = walk(value, schema, '', pruned)
  return pruned
}

function walk(value: unknown, schema: Schema, path: string, out: Pruned): unknown {
  if (schema.type === 'any') return value
  if (!fits(value, schema)) {
    out.mismatches.push(`${path}: ${typeName(value)}, not ${schema.type === 'map' ? 'object' : schema.type}`)
    return value
  }
  if (Array.isArray(value))
    return value.map((item, index) => walk(item, schema.items ?? anySchema, `${path}[${index}]`, out))
  if (!isTree(value)) return schema.type === 'quantity' ? String(value) : value
  const kept: Tree = {}
  for (const [member, each] of Object.entries(value)) {
    if (each === null || each === undefined) continue
    const below = memberSchema(schema, member)
    const belowPath = path === '' ? member : `${path}.${member}`
    if (below) kept[member] = walk(each, below, belowPath, out)
    else out.unknown.push(belowPath)
  }
  return kept
}

function fits(value: unknown, schema: Schema): boolean {
  switch (schema.type) {
    case 'object':
    case 'map':
      return isTree(value)
    case 'list':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'string':
      return typeof value === 'string'
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number'
    case 'intOrString':
      return typeof value === 'string' || Number.isInteger(value)
    default:
      return true
  }
}

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : isTree(value) ? 'object' : typeof value

/** Fills in the defaults of the schema where members are absent. */
export function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schema.items ?? anySchema))
  if (!isTree(value)) return value
  const filled: Tree = {}
  for (const [member, each] of Object.entries(value))
    filled[member] = withDefaults(each, memberSchema(schema, member) ?? anySchema)
  for (const [member, each] of Object.entries(schema.fields ?? {}))
    if (each.default !== undefined && filled[member] === undefined)
      filled[member] = withDefaults(structuredClone(each.default), each)
  return filled
}
