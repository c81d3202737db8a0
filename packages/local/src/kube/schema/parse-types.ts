import type { Schema } from './schema.ts'

const plain: Record<string, Schema> = {
  s: { type: 'string' },
  i: { type: 'integer' },
  n: { type: 'number' },
  b: { type: 'boolean' },
  q: { type: 'quantity' },
  is: { type: 'intOrString' },
  any: { type: 'any', open: true },
}

const memberPattern = /^([\w$]+):([\w]+|\{\w+\})(\([^)]*\))?(\[[^\]]*\])?(~)?(!)?(?:=(.*))?$/

/**
 * Reads type definitions, one per line: `Name = member:type …`, a line that begins with a blank continues.
 *
 * Types: `s` text, `i` integer, `n` number, `b` boolean, `q` quantity, `is` integer or text, `any`, `{T}` map of T, or a
 * defined name. After the type, in this order: `(A|B)` allowed values, `[]` list owned as one, `[set]` set of plain values,
 * `[a,b]` list told apart by members, `~` owned as one, `!` required, `=value` default. `Name~ =` makes every use of the type
 * owned as one.
 * @throws {Error} for a line that does not follow the form, or a type that is not defined.
 */
export function parseTypes(text: string): ReadonlyMap<string, Schema> {
  const types = new Map<string, Schema>()
  const open: { fields: Record<string, Schema>; required: string[]; members: string[] }[] = []
  for (const line of text.replaceAll(/\n +/g, ' ').split('\n')) {
    if (line === '') continue
    const [head = '', body = ''] = line.split(/ = ?/)
    const name = head.replace('~', '')
    // Filled below, in place: types name each other in any order, and marked members copy the outer object only.
    const fields: Record<string, Schema> = {}
    const required: string[] = []
    types.set(name, { type: 'object', fields, required, ...(head.endsWith('~') ? { atomic: true } : {}) })
    open.push({ fields, required, members: body.split(' ').filter((word) => word !== '') })
  }
  for (const { fields, required, members } of open) fill(fields, required, members, types)
  return types
}

function fill(
  fields: Record<string, Schema>,
  required: string[],
  members: readonly string[],
  types: ReadonlyMap<string, Schema>,
): void {
  for (const member of members) {
    const match = memberPattern.exec(member)
    if (!match) throw new Error(`not a member definition: ${member}`)
    const [, name = '', type = '', values, list, atomic, needed, otherwise] = match
    fields[name] = memberOf(baseType(type, types), { values, list, atomic, otherwise })
    if (needed) required.push(name)
  }
}

function baseType(type: string, types: ReadonlyMap<string, Schema>): Schema {
  if (type.startsWith('{')) return { type: 'map', items: baseType(type.slice(1, -1), types) }
  const found = plain[type] ?? types.get(type)
  if (!found) throw new Error(`not a defined type: ${type}`)
  return found
}

interface Marks {
  values: string | undefined
  list: string | undefined
  atomic: string | undefined
  otherwise: string | undefined
}

function memberOf(base: Schema, marks: Marks): Schema {
  let schema = base
  if (marks.values) schema = { ...schema, enum: marks.values.slice(1, -1).split('|') }
  if (marks.list) {
    const keys = marks.list.slice(1, -1)
    schema = { type: 'list', items: schema }
    if (keys === 'set') schema.keys = 'set'
    else if (keys !== '') schema.keys = keys.split(',')
  }
  if (marks.atomic) schema = { ...schema, atomic: true }
  if (marks.otherwise !== undefined) schema = { ...schema, default: defaultOf(schema, marks.otherwise) }
  return schema
}

function defaultOf(schema: Schema, text: string): unknown {
  if (schema.type === 'integer') return Number(text)
  if (schema.type === 'boolean') return text === 'true'
  return schema.type === 'object' || schema.type === 'map' || schema.type === 'list' ? JSON.parse(text) : text
}
