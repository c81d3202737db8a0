import { isDeepStrictEqual } from 'node:util'
import { GridError } from '../errors.ts'
import { type BodyProblem, invalidBody, pointerStep } from './invalid-document.ts'
import { systemFields } from './system-fields.ts'

const assignmentsMax = 200
const pathCharactersMax = 512
const pathStepsMax = 16

/** One field that an update sets. */
export interface Assignment {
  /** As it stands in the body, for messages. */
  key: string
  steps: readonly string[]
  value: unknown
}

/**
 * Reads an update body: an object of dotted path → value, as the gateway documents it (spec/gateway-api.md §2).
 * `{"$set": {…}}`, which old clients send, means its content. Every other operator is refused by name.
 * @throws {GridError} `request.invalid`, `request.unsafe_json`, `query.unknown_operator`
 */
export function readUpdate(body: Readonly<Record<string, unknown>>): Assignment[] {
  const { $set, ...plain } = body
  if ($set !== undefined && !isObject($set))
    throw invalidBody([{ pointer: '/$set', detail: 'must be an object of paths and values' }])
  const entries = [...Object.entries(plain), ...Object.entries($set ?? {})]
  if (entries.length === 0) throw invalidBody([{ pointer: '', detail: 'names no field to change' }])
  if (entries.length > assignmentsMax)
    throw invalidBody([{ pointer: '', detail: `changes more than ${assignmentsMax} fields` }])
  const assignments = entries.map(([key, value]) => {
    const steps = readPath(key)
    for (const step of steps) refuseOperator(step, pointerStep(key))
    refuseOperatorsIn(value, pointerStep(key))
    return { key, steps, value }
  })
  refuseOverlaps(assignments)
  return assignments
}

function readPath(key: string): string[] {
  const steps = key.split('.')
  const unsafe = steps.find((step) => step === '__proto__' || step === 'constructor' || step === 'prototype')
  if (unsafe !== undefined)
    throw new GridError('request.unsafe_json', `the body is refused: a path leads through ${unsafe}`, {
      details: { pointer: pointerStep(key).slice(0, 500) },
    })
  const problem =
    key.length > pathCharactersMax || steps.length > pathStepsMax
      ? `is longer than ${pathCharactersMax} characters or ${pathStepsMax} steps`
      : steps.includes('')
        ? 'has an empty step'
        : /\[\d*\](\.|$)/.test(key)
          ? 'leads into a list by a position; lists are replaced whole'
          : null
  if (problem) throw invalidBody([{ pointer: pointerStep(key.slice(0, 200)), detail: problem }])
  return steps
}

/** Names that begin with `$` are operators in the original's language, wherever they stand. */
function refuseOperator(name: string, pointer: string): void {
  if (!name.startsWith('$')) return
  const operator = name.slice(0, 100)
  throw new GridError('query.unknown_operator', `${operator} is not supported; give paths and values`, {
    details: { operator, pointer: pointer.slice(0, 500) },
  })
}

function refuseOperatorsIn(value: unknown, pointer: string): void {
  if (value === null || typeof value !== 'object') return
  for (const [name, item] of Object.entries(value)) {
    const at = `${pointer}${pointerStep(name)}`
    if (!Array.isArray(value)) refuseOperator(name, at)
    refuseOperatorsIn(item, at)
  }
}

/** Two paths of which one contains the other would depend on their order. */
function refuseOverlaps(assignments: readonly Assignment[]): void {
  const taken = new Set<string>()
  const bySteps = assignments.toSorted((a, b) => a.steps.length - b.steps.length)
  for (const { key, steps } of bySteps) {
    for (let length = 1; length <= steps.length; length++) {
      if (taken.has(JSON.stringify(steps.slice(0, length))))
        throw invalidBody([{ pointer: pointerStep(key), detail: 'is set twice, or together with a part of it' }])
    }
    taken.add(JSON.stringify(steps))
  }
}

/**
 * A copy of the document with the assignments made. Missing objects on the way are created; paths do not lead through arrays,
 * which are replaced whole, because a position in a list means another element after the next change.
 * @throws {GridError} `request.invalid` for a path that cannot be followed, `field.system_owned` (403) for a field of the system
 */
export function applyUpdate(
  document: Readonly<Record<string, unknown>>,
  assignments: readonly Assignment[],
): Record<string, unknown> {
  const after: Record<string, unknown> = { ...document }
  for (const { key, steps, value } of assignments) {
    let parent = after
    for (const step of steps.slice(0, -1)) {
      const next = Object.hasOwn(parent, step) ? parent[step] : {}
      if (!isObject(next)) throw invalidBody([{ pointer: pointerStep(key), detail: notFollowed(step, next) }])
      const copy = { ...next }
      parent[step] = copy
      parent = copy
    }
    parent[steps.at(-1) as string] = value
  }
  refuseSystemFields(document, after)
  return after
}

const notFollowed = (step: string, found: unknown): string =>
  Array.isArray(found)
    ? `leads into the list ${step}; lists are replaced whole`
    : `cannot be followed: ${step} is not an object`

/** What the system owns may be sent back as it is, but not changed (spec/decisions.md 13). */
function refuseSystemFields(before: Readonly<Record<string, unknown>>, after: Record<string, unknown>): void {
  const changed = ['id', ...systemFields].find((name) => !isDeepStrictEqual(before[name], after[name]))
  const urlMapBefore = isObject(before.config) ? before.config.urlMap : undefined
  // A replaced `config` need not repeat the map; it is carried over.
  if (isObject(after.config) && urlMapBefore !== undefined && !Object.hasOwn(after.config, 'urlMap'))
    after.config = { ...after.config, urlMap: urlMapBefore }
  const urlMapAfter = isObject(after.config) ? after.config.urlMap : urlMapBefore
  const field = changed ?? (isDeepStrictEqual(urlMapBefore, urlMapAfter) ? undefined : 'config.urlMap')
  if (field !== undefined)
    throw new GridError('field.system_owned', `${field} is written by the system and cannot be changed`, {
      details: { field },
    })
}

/** Translates a pointer into the document to one into the update that led there. */
export function pointerIntoUpdate(pointer: string, assignments: readonly Assignment[]): BodyProblem['pointer'] {
  const found = assignments.find(({ steps }) => touches(pointer, steps))
  if (!found) return pointer
  const prefix = found.steps.map(pointerStep).join('')
  return pointer.startsWith(prefix)
    ? `${pointerStep(found.key)}${pointer.slice(prefix.length)}`
    : pointerStep(found.key)
}

/** Claims that a place in the document lies in, on or above what is set. */
export const touches = (pointer: string, steps: readonly string[]): boolean => {
  const set = `${steps.map(pointerStep).join('')}/`
  return `${pointer}/`.startsWith(set) || set.startsWith(`${pointer}/`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
