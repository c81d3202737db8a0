import { isTree, type Tree } from '../object.ts'
import { anySchema, isAtomic, memberSchema, type Schema } from '../schema/schema.ts'
import { childPath, type FieldSet, itemElement, ownsWithin } from './field-set.ts'

/** Lays a configuration over a value: members and list items are merged, plain and atomic values replaced. */
export function mergeConfiguration(live: unknown, applied: unknown, schema: Schema): unknown {
  if (live === undefined || applied === undefined) return applied ?? live
  if (Array.isArray(live) && Array.isArray(applied)) {
    if (schema.type !== 'list' || isAtomic(schema)) return applied
    return mergeItems(live, applied, schema)
  }
  if (!isTree(live) || !isTree(applied) || isAtomic(schema)) return applied
  const merged: Tree = { ...live }
  for (const [member, value] of Object.entries(applied))
    merged[member] = mergeConfiguration(live[member], value, memberSchema(schema, member) ?? anySchema)
  return merged
}

/** Items of both, in the configuration's order as far as it gives one. */
function mergeItems(live: unknown[], applied: unknown[], schema: Schema): unknown[] {
  const wanted = new Map(applied.map((item) => [itemElement(schema, item), item]))
  const existing = new Map(live.map((item) => [itemElement(schema, item), item]))
  const kept = live.filter((item) => !wanted.has(itemElement(schema, item)))
  const merged = applied.map((item) =>
    mergeConfiguration(existing.get(itemElement(schema, item)), item, schema.items ?? anySchema),
  )
  // Items that only others own stay where they were: before the merged ones when the list began with them.
  const firstIsKept = live.length > 0 && !wanted.has(itemElement(schema, live[0]))
  return firstIsKept ? [...kept, ...merged] : [...merged, ...kept]
}

/** Takes the fields of a set out of a value. A list item goes as a whole; objects that become empty go too. */
export function removeFields(value: unknown, schema: Schema, gone: FieldSet, kept: FieldSet, path = ''): unknown {
  if (path !== '' && gone.has(path) && !ownsWithin(kept, path)) return undefined
  if (Array.isArray(value) && schema.type === 'list' && !isAtomic(schema)) {
    const items = value.flatMap((item) => {
      const left = removeFields(item, schema.items ?? anySchema, gone, kept, childPath(path, itemElement(schema, item)))
      return left === undefined ? [] : [left]
    })
    return items.length === 0 && value.length > 0 ? undefined : items
  }
  if (!isTree(value) || isAtomic(schema)) return value
  const left: Tree = {}
  for (const [member, each] of Object.entries(value)) {
    const below = removeFields(
      each,
      memberSchema(schema, member) ?? anySchema,
      gone,
      kept,
      childPath(path, `f:${member}`),
    )
    if (below !== undefined) left[member] = below
  }
  const emptied = Object.keys(left).length === 0 && Object.keys(value).length > 0
  return emptied && path !== '' ? undefined : left
}
