import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Evaluation } from './engine.ts'

/** Longest reason of a denial or failure that is kept and shown, in characters. */
const reasonCharsMax = 2000
/** Deepest nesting of what a policy returns, the bound of request bodies. */
const depthMax = 64

/** What a policy said: the input to go on with, or why not. */
export type Verdict = { allowed: true; input: JsonObject } | { allowed: false; reason: string }

/**
 * Reads the answer of a policy that ran through (spec/policies.md §1). What replaces the input must be an object again,
 * without keys that are unsafe to work with.
 * @throws {GridError} `policy.bad_verdict`
 */
export function readVerdict(evaluation: Extract<Evaluation, { ok: true }>): Verdict {
  const value = readOutput(evaluation.inputDataJson)
  if (!evaluation.allowed) return { allowed: false, reason: toReason(value) }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new GridError('policy.bad_verdict', 'an admitting verdict must return the input_data as an object')
  return { allowed: true, input: value }
}

/**
 * Reads what a policy returned: a value that may be stored, answered and worked with.
 * @throws {GridError} `policy.bad_verdict`
 */
export function readOutput(text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw new GridError('policy.bad_verdict', 'what the policy returned is not JSON', { cause })
  }
  if (!isPlain(value, 0))
    throw new GridError('policy.bad_verdict', `what the policy returned is unsafe or nested deeper than ${depthMax}`)
  return value
}

/** Claims that a value is what a request's body may hold. */
function isPlain(value: Json, depth: number): boolean {
  if (typeof value === 'string') return isPlainText(value)
  // Python writes whole numbers of any size.
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value !== 'object') return true
  if (depth >= depthMax) return false
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1))
  return Object.entries(value).every(
    ([key, item]) => key !== '__proto__' && isPlainText(key) && isPlain(item, depth + 1),
  )
}

const isPlainText = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** A denial gives its reason as text, or as an object with `message` or `reason`; anything else is shown as JSON. */
function toReason(value: Json): string {
  if (typeof value === 'string' && value !== '') return value.slice(0, reasonCharsMax)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const told = value.message ?? value.reason
    if (typeof told === 'string' && told !== '') return told.slice(0, reasonCharsMax)
  }
  return value === null || value === '' ? 'denied without a reason' : JSON.stringify(value).slice(0, reasonCharsMax)
}
