/** The structure of one value: what its members are, and how lists and maps merge (Kubernetes structural schemas). */
export interface Schema {
  type: 'object' | 'list' | 'map' | 'string' | 'integer' | 'number' | 'boolean' | 'quantity' | 'intOrString' | 'any'
  fields?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  /** Element of a list, value of a map. */
  items?: Schema
  /** How list items are told apart: by these members, or as a set of plain values. Absent: the list is one value. */
  keys?: readonly string[] | 'set'
  /** The whole object or map is one value for field ownership. */
  atomic?: boolean
  enum?: readonly string[]
  default?: unknown
  /** Unknown members are kept (`x-kubernetes-preserve-unknown-fields`). */
  open?: boolean
}

/** A value that nothing is known about: kept as it is, owned as a whole below its members. */
export const anySchema: Schema = { type: 'any', open: true }

/** The schema of one member of a value, or undefined where the schema has none. */
export function memberSchema(schema: Schema, member: string): Schema | undefined {
  if (schema.type === 'object') {
    // Names such as `constructor` are members of every JavaScript object and of no kind.
    const field = schema.fields && Object.hasOwn(schema.fields, member) ? schema.fields[member] : undefined
    return field ?? (schema.open ? anySchema : undefined)
  }
  if (schema.type === 'map') return schema.items
  return schema.type === 'any' ? anySchema : undefined
}

/** True where ownership stops: the value is owned as one. */
export function isAtomic(schema: Schema): boolean {
  if (schema.type === 'list') return schema.keys === undefined
  if (schema.type === 'object' || schema.type === 'map') return schema.atomic === true
  return schema.type !== 'any'
}
