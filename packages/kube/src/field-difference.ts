import { isDeepStrictEqual } from 'node:util'
import type { FieldStep } from './managed-fields.ts'
import { member } from './object.ts'
import { parseQuantity } from './quantity.ts'

/** A field that is not as it was written. What is absent reads as undefined. */
export interface FieldDifference {
  readonly path: readonly FieldStep[]
  readonly expected: unknown
  readonly actual: unknown
}

/** Lists whose elements Kubernetes tells apart by these fields; other lists are held as a whole. */
const mergeKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  initContainers: [['name']],
  env: [['name']],
  volumes: [['name']],
  volumeMounts: [['mountPath']],
  // Of a container, else of a Service.
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
}

/** Maps that are held as a whole, so that what was added counts as well. */
const wholeMaps = new Set(['selector', 'podSelector', 'nodeSelector', 'roleRef'])

/** What the server fills into elements of lists that are held as a whole. */
const filledIn: Readonly<Record<string, unknown>> = {
  protocol: 'TCP',
  weight: 1,
  group: '',
  kind: 'Service',
}

/** Fields whose text is a quantity: `1000m` is `1`. */
const quantities = new Set(['sizeLimit', 'cpu', 'memory', 'storage', 'ephemeral-storage'])

/**
 * The fields of `expected` that are missing in `actual` or have another value there. What others added beside them is theirs.
 * @param path where both stand
 */
export function differences(expected: unknown, actual: unknown, path: readonly FieldStep[] = []): FieldDifference[] {
  if (isEmpty(expected) && isEmpty(actual)) return []
  if (Array.isArray(expected)) return ofLists(expected, actual, path)
  if (wholeMaps.has(String(path.at(-1)))) return isSameWhole(expected, actual) ? [] : [{ path, expected, actual }]
  if (expected === null || typeof expected !== 'object')
    return isSameScalar(expected, actual, path) ? [] : [{ path, expected, actual }]
  if (actual === null || typeof actual !== 'object') return [{ path, expected, actual }]
  return Object.entries(expected).flatMap(([name, value]) => differences(value, member(actual, name), [...path, name]))
}

function ofLists(expected: unknown[], actual: unknown, path: readonly FieldStep[]): FieldDifference[] {
  const found = Array.isArray(actual) ? actual : []
  const keys = keysOf(expected, path)
  if (keys === null) return isSameWhole(expected, found) ? [] : [{ path, expected, actual }]
  return expected.flatMap((element, index) => {
    const wanted = Object.fromEntries(keys.map((key) => [key, keyValue(element, key)]))
    const same = found.find((other) => keys.every((key) => keyValue(other, key) === wanted[key]))
    return differences(element, same, [...path, { index, keys: wanted }])
  })
}

function keysOf(elements: readonly unknown[], path: readonly FieldStep[]): readonly string[] | null {
  const name = path.at(-1)
  const candidates = typeof name === 'string' && Object.hasOwn(mergeKeys, name) ? (mergeKeys[name] ?? []) : []
  const fitting = candidates.find((keys) =>
    elements.every((element) => keys.every((key) => keyValue(element, key) !== undefined)),
  )
  return fitting ?? null
}

const keyValue = (element: unknown, key: string): unknown =>
  member(element, key) ?? (key === 'protocol' ? filledIn.protocol : undefined)

/** In what is held as a whole, what was added counts as well, but for what the server fills in. */
function isSameWhole(expected: unknown, actual: unknown): boolean {
  if (isNothing(expected) && isNothing(actual)) return true
  if (Array.isArray(expected) && Array.isArray(actual))
    return expected.length === actual.length && expected.every((element, index) => isSameWhole(element, actual[index]))
  if (!isObject(expected) || !isObject(actual)) return isDeepStrictEqual(expected, actual)
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...names].every((name) => {
    const isFilledIn = !Object.hasOwn(expected, name) && Object.hasOwn(filledIn, name)
    return isFilledIn ? actual[name] === filledIn[name] : isSameWhole(expected[name], actual[name])
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** An empty map is something: as a selector it takes all. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)

/** Around the fields that we set, nothing, an empty list and an empty map are the same to the server. */
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

function isSameScalar(expected: unknown, actual: unknown, path: readonly FieldStep[]): boolean {
  if (expected === actual) return true
  const name = path.at(-1)
  if (typeof name !== 'string' || !quantities.has(name)) return false
  const [wanted, found] = [parseQuantity(expected), parseQuantity(actual)]
  return wanted !== null && wanted === found
}
