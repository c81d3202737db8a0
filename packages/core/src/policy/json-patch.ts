import type { Json } from '../json.ts'

/** One step of a JSON Patch (RFC 6902), of the three kinds that a difference needs. */
export type PatchOperation = { op: 'add' | 'replace'; path: string; value: Json } | { op: 'remove'; path: string }

/** The JSON Patch (RFC 6902) that turns `before` into `after`; empty when they are equal. Lists are compared place by place. */
export function jsonPatch(before: Json, after: Json, path = ''): PatchOperation[] {
  if (before === after) return []
  if (Array.isArray(before) && Array.isArray(after)) return listPatch(before, after, path)
  if (isObject(before) && isObject(after)) return objectPatch(before, after, path)
  return [{ op: 'replace', path, value: after }]
}

function listPatch(before: Json[], after: Json[], path: string): PatchOperation[] {
  const shared = Math.min(before.length, after.length)
  const operations: PatchOperation[] = []
  for (let index = 0; index < shared; index++)
    operations.push(...jsonPatch(before[index] as Json, after[index] as Json, `${path}/${index}`))
  for (let index = before.length - 1; index >= shared; index--)
    operations.push({ op: 'remove', path: `${path}/${index}` })
  for (const value of after.slice(shared)) operations.push({ op: 'add', path: `${path}/-`, value })
  return operations
}

function objectPatch(before: { [key: string]: Json }, after: { [key: string]: Json }, path: string): PatchOperation[] {
  const operations: PatchOperation[] = []
  for (const key of Object.keys(before))
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: `${path}/${pointerStep(key)}` })
  for (const [key, value] of Object.entries(after)) {
    const inside = `${path}/${pointerStep(key)}`
    if (Object.hasOwn(before, key)) operations.push(...jsonPatch(before[key] as Json, value, inside))
    else operations.push({ op: 'add', path: inside, value })
  }
  return operations
}

const isObject = (value: Json): value is { [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** One step of a JSON pointer (RFC 6901). */
const pointerStep = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
