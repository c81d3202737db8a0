import { isDeepStrictEqual } from 'node:util'
import { isTree, type Tree } from '../object.ts'
import { anySchema, memberSchema, type Schema } from '../schema/schema.ts'
import { badRequest } from '../status-error.ts'

const orderPrefix = '$setElementOrder/'
const deletePrefix = '$deleteFromPrimitiveList/'

/**
 * Kubernetes' strategic merge patch: like a JSON merge patch, but lists with merge keys are merged item by item.
 * `$patch: delete|replace|merge`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` are obeyed.
 * @throws {StatusError} 400 for a directive that does not exist.
 */
export function strategicMerge(value: unknown, patch: unknown, schema: Schema): unknown {
  if (!isTree(patch)) return patch
  const directive = patch.$patch
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive === 'delete') return undefined
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown $patch directive ${String(directive)}`)
  const merged: Tree = retained(isTree(value) ? { ...value } : {}, patch.$retainKeys)
  for (const [member, each] of Object.entries(patch)) {
    if (member === '$patch' || member === '$retainKeys' || member.startsWith(orderPrefix)) continue
    if (member.startsWith(deletePrefix)) dropValues(merged, member.slice(deletePrefix.length), each)
    else mergeMember(merged, member, each, memberSchema(schema, member) ?? anySchema)
  }
  for (const [member, order] of Object.entries(patch))
    if (member.startsWith(orderPrefix))
      sortMember(
        merged,
        member.slice(orderPrefix.length),
        order,
        memberSchema(schema, member.slice(orderPrefix.length)),
      )
  return merged
}

function mergeMember(merged: Tree, member: string, patch: unknown, schema: Schema): void {
  if (patch === null) {
    delete merged[member]
    return
  }
  const result = Array.isArray(patch)
    ? mergeList(merged[member], patch, schema)
    : strategicMerge(merged[member], patch, schema)
  if (result === undefined) delete merged[member]
  else merged[member] = result
}

function mergeList(value: unknown, patch: unknown[], schema: Schema): unknown {
  if (schema.type !== 'list' || schema.keys === undefined || !Array.isArray(value)) return cleanItems(patch)
  if (schema.keys === 'set') return [...new Set([...(value as unknown[]), ...patch])]
  if (patch.some((item) => isTree(item) && item.$patch === 'replace' && Object.keys(item).length === 1))
    return cleanItems(patch)
  // The merge key is the first list key: strategic merge knows one key only.
  const key = schema.keys[0] ?? ''
  let items: unknown[] = [...(value as unknown[])]
  for (const item of patch) {
    if (!isTree(item)) throw badRequest(`items of a list merged by ${key} are objects`)
    const matches = (other: unknown): boolean => isTree(other) && isDeepStrictEqual(other[key], item[key])
    if (item.$patch === 'delete') items = items.filter((other) => !matches(other))
    else if (items.some(matches))
      items = items.map((other) => (matches(other) ? strategicMerge(other, item, schema.items ?? anySchema) : other))
    else items.push(withoutDirectives(item))
  }
  return items
}

const cleanItems = (patch: readonly unknown[]): unknown[] =>
  patch
    .filter((item) => !(isTree(item) && (item.$patch === 'delete' || item.$patch === 'replace')))
    .map((item) => (isTree(item) ? withoutDirectives(item) : item))

function withoutDirectives(value: Tree): Tree {
  const entries = Object.entries(value).filter(([member, each]) => !member.startsWith('$') && each !== null)
  return Object.fromEntries(
    entries.map(([member, each]) => [
      member,
      isTree(each) ? withoutDirectives(each) : Array.isArray(each) ? cleanItems(each) : each,
    ]),
  )
}

function retained(value: Tree, keys: unknown): Tree {
  if (!Array.isArray(keys)) return value
  return Object.fromEntries(Object.entries(value).filter(([member]) => keys.includes(member)))
}

function dropValues(merged: Tree, member: string, gone: unknown): void {
  const list = merged[member]
  if (Array.isArray(list) && Array.isArray(gone)) merged[member] = list.filter((each) => !gone.includes(each))
}

function sortMember(merged: Tree, member: string, order: unknown, schema: Schema | undefined): void {
  const list = merged[member]
  if (!Array.isArray(list) || !Array.isArray(order)) return
  const key = Array.isArray(schema?.keys) ? schema.keys[0] : undefined
  const nameOf = (item: unknown): string => JSON.stringify(key !== undefined && isTree(item) ? item[key] : item)
  const places = new Map(order.map((item, index) => [nameOf(item), index]))
  merged[member] = list.toSorted(
    (a, b) => (places.get(nameOf(a)) ?? order.length) - (places.get(nameOf(b)) ?? order.length),
  )
}
