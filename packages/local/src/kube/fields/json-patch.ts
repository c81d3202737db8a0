import { isDeepStrictEqual } from 'node:util'
import { copy, isTree, type Tree } from '../object.ts'
import { badRequest, StatusError } from '../status-error.ts'

/** Most operations of one patch, as in the real API server. */
const operationsMax = 10_000

const unprocessable = (message: string): StatusError => new StatusError(422, 'Invalid', message)

/**
 * RFC 6902.
 * @throws {StatusError} 400 for a malformed patch, 422 when an operation does not fit the object.
 */
export function jsonPatch(value: Tree, patch: unknown): Tree {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations')
  if (patch.length > operationsMax)
    throw new StatusError(413, 'RequestEntityTooLarge', `a patch has at most ${operationsMax} operations`)
  let result: unknown = copy(value)
  for (const operation of patch) {
    if (!isTree(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string')
      throw badRequest('each operation of a JSON patch has op and path')
    result = applyOperation(result, operation, operation.op, operation.path)
  }
  if (!isTree(result)) throw unprocessable('the patch leaves no object')
  return result
}

function applyOperation(root: unknown, operation: Tree, op: string, path: string): unknown {
  const pointer = parsePointer(path)
  switch (op) {
    case 'add':
      return edit(root, pointer, path, (here, key) => insert(here, key, operation.value, path), operation.value)
    case 'remove':
      return edit(root, pointer, path, (here, key) => take(here, key, path), undefined)
    case 'replace':
      return edit(root, pointer, path, (here, key) => assign(here, key, operation.value, path), operation.value)
    case 'move':
    case 'copy': {
      const from = parsePointer(String(operation.from))
      const moved = read(root, from, String(operation.from))
      const rest = op === 'move' ? edit(root, from, path, (here, key) => take(here, key, path), undefined) : root
      return edit(rest, pointer, path, (here, key) => insert(here, key, copy(moved), path), copy(moved))
    }
    case 'test':
      if (isDeepStrictEqual(read(root, pointer, path) ?? null, operation.value ?? null)) return root
      throw unprocessable(
        `the server rejected our request due to an error in our request: testing value ${path} failed`,
      )
    default:
      throw badRequest(`unknown JSON patch operation ${op}`)
  }
}

function parsePointer(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw badRequest(`not a JSON pointer: ${path}`)
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const missing = (path: string): StatusError =>
  unprocessable(`the server rejected our request due to an error in our request: ${path} does not exist`)

function step(here: unknown, key: string, path: string): unknown {
  const next = Array.isArray(here) ? here[indexOf(here, key, path)] : isTree(here) ? here[key] : undefined
  if (next === undefined) throw missing(path)
  return next
}

const read = (root: unknown, pointer: readonly string[], path: string): unknown =>
  pointer.reduce((here, key) => step(here, key, path), root)

function edit(
  root: unknown,
  pointer: readonly string[],
  path: string,
  change: (here: unknown, key: string) => void,
  whole: unknown,
): unknown {
  const key = pointer.at(-1)
  if (key === undefined) return whole
  change(read(root, pointer.slice(0, -1), path), key)
  return root
}

function indexOf(list: readonly unknown[], key: string, path: string): number {
  const index = Number(key)
  if (!/^\d+$/.test(key) || index >= list.length) throw missing(path)
  return index
}

function insert(here: unknown, key: string, value: unknown, path: string): void {
  if (Array.isArray(here))
    here.splice(key === '-' || key === String(here.length) ? here.length : indexOf(here, key, path), 0, value)
  else if (isTree(here)) here[key] = value
  else throw missing(path)
}

function take(here: unknown, key: string, path: string): void {
  step(here, key, path)
  if (Array.isArray(here)) here.splice(indexOf(here, key, path), 1)
  else if (isTree(here)) delete here[key]
}

function assign(here: unknown, key: string, value: unknown, path: string): void {
  step(here, key, path)
  if (Array.isArray(here)) here[indexOf(here, key, path)] = value
  else if (isTree(here)) here[key] = value
}

/** RFC 7396: members of the patch replace those of the value; null takes a member away. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch
  const merged: Tree = isTree(value) ? { ...value } : {}
  for (const [member, each] of Object.entries(patch)) {
    if (each === null) delete merged[member]
    else merged[member] = mergePatch(merged[member], each)
  }
  return merged
}
