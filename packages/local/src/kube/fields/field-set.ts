import { isTree, type Tree } from '../object.ts'
import { anySchema, isAtomic, memberSchema, type Schema } from '../schema/schema.ts'

/**
 * The fields that somebody owns: paths of elements as FieldsV1 writes them (`f:name`, `k:{"name":"a"}`, `v:"text"`), joined by a
 * character that cannot occur in JSON text.
 */
export type FieldSet = Set<string>

const separator = '\u0000'
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf(separator)))

/** The path of a member below a path. */
export const childPath = (path: string, element: string): string =>
  path === '' ? element : `${path}${separator}${element}`

/** Path elements of a path. */
export const elementsOf = (path: string): string[] => (path === '' ? [] : path.split(separator))

/** The path element by which an item of a merged list is known. Members that are absent count with their defaults. */
export function itemElement(schema: Schema, item: unknown): string {
  if (schema.keys === 'set' || !isTree(item)) return `v:${JSON.stringify(item)}`
  const keys = [...(schema.keys ?? [])].sort()
  const entries = keys.map((key) => [key, item[key] ?? memberSchema(schema.items ?? anySchema, key)?.default ?? null])
  return `k:${JSON.stringify(Object.fromEntries(entries))}`
}

/** Every field of a value, with list items and atomic values as fields of their own. */
export function fieldsOf(value: unknown, schema: Schema, path = '', into: FieldSet = new Set()): FieldSet {
  if (Array.isArray(value)) {
    if (schema.type !== 'list' || isAtomic(schema) || value.length === 0) return into.add(path)
    for (const item of value) {
      const itemPath = childPath(path, itemElement(schema, item))
      into.add(itemPath)
      if (isTree(item)) fieldsOf(item, schema.items ?? anySchema, itemPath, into)
    }
    return into
  }
  if (!isTree(value) || isAtomic(schema) || Object.keys(value).length === 0) return path === '' ? into : into.add(path)
  for (const [member, each] of Object.entries(value))
    if (each !== undefined)
      fieldsOf(each, memberSchema(schema, member) ?? anySchema, childPath(path, `f:${member}`), into)
  return into
}

/** Reads FieldsV1. */
export function readFields(fields: Tree, path = '', into: FieldSet = new Set()): FieldSet {
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') {
      into.add(path)
      continue
    }
    const child = childPath(path, element)
    if (isTree(below) && Object.keys(below).length > 0) readFields(below, child, into)
    else into.add(child)
  }
  return into
}

/** Writes FieldsV1: members in alphabetical order, `.` where an inner field itself is owned. */
export function writeFields(set: FieldSet): Tree {
  const root: Tree = {}
  for (const path of [...set].sort()) {
    let here = root
    for (const element of elementsOf(path)) {
      const next = here[element]
      if (isTree(next)) here = next
      else here = here[element] = {} as Tree
    }
  }
  const inner = (path: string): Tree => {
    let here: unknown = root
    for (const element of elementsOf(path)) here = isTree(here) ? here[element] : undefined
    return isTree(here) ? here : {}
  }
  for (const path of set) {
    const tree = inner(path)
    if (Object.keys(tree).length > 0) tree['.'] = {}
  }
  return root
}

/** A path as messages show it: `.spec.containers[name="web"].image`. */
export function pathText(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const text = element.slice(2)
      if (element.startsWith('f:')) return `.${text}`
      if (element.startsWith('v:')) return `[=${text}]`
      const keys = Object.entries(JSON.parse(text) as Tree)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    })
    .join('')
}

/** True when the set owns the path or anything below it. */
export function ownsWithin(set: FieldSet, path: string): boolean {
  if (set.has(path)) return true
  const prefix = path + separator
  for (const each of set) if (each.startsWith(prefix)) return true
  return false
}

/** True when the set owns a field above the path: an atomic value that covers it. */
export function ownsAbove(set: FieldSet, path: string): boolean {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) if (set.has(parent)) return true
  return false
}
