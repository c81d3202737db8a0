import { isDeepStrictEqual } from 'node:util'
import { isTree } from '../object.ts'
import { anySchema, isAtomic, memberSchema, type Schema } from '../schema/schema.ts'
import { childPath, type FieldSet, fieldsOf, itemElement } from './field-set.ts'

/** What a write did, field by field. */
export interface Difference {
  /** Fields whose value is new or another. */
  changed: FieldSet
  removed: FieldSet
}

/** Compares two states of a value under its schema. */
export function compareFields(before: unknown, after: unknown, schema: Schema): Difference {
  const difference: Difference = { changed: new Set(), removed: new Set() }
  walk(before, after, schema, '', difference)
  return difference
}

function walk(before: unknown, after: unknown, schema: Schema, path: string, out: Difference): void {
  if (isDeepStrictEqual(before, after)) return
  if (before === undefined || after === undefined) {
    if (before !== undefined) fieldsOf(before, schema, path, out.removed)
    if (after !== undefined) fieldsOf(after, schema, path, out.changed)
    return
  }
  if (Array.isArray(before) && Array.isArray(after) && schema.type === 'list' && !isAtomic(schema)) {
    walkItems(before, after, schema, path, out)
    return
  }
  if (!isTree(before) || !isTree(after) || isAtomic(schema)) {
    out.changed.add(path)
    return
  }
  for (const member of new Set([...Object.keys(before), ...Object.keys(after)]))
    walk(before[member], after[member], memberSchema(schema, member) ?? anySchema, childPath(path, `f:${member}`), out)
}

function walkItems(before: unknown[], after: unknown[], schema: Schema, path: string, out: Difference): void {
  const items = schema.items ?? anySchema
  const old = new Map(before.map((item) => [itemElement(schema, item), item]))
  const now = new Map(after.map((item) => [itemElement(schema, item), item]))
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const itemPath = childPath(path, element)
    if (!old.has(element)) out.changed.add(itemPath)
    if (!now.has(element)) out.removed.add(itemPath)
    if (isTree(old.get(element)) || isTree(now.get(element)))
      walk(old.get(element), now.get(element), items, itemPath, out)
  }
}
