import { AwsError, type Json, type JsonObject } from '../aws/service.ts'

/** Nesting of a pattern that is followed. */
const depthMax = 20

const invalid = (reason: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads an event pattern (EventBridge User Guide, "Event patterns"): nested fields, each with a list of exact values or of
 * `prefix`, `suffix`, `equals-ignore-case`, `exists`, `anything-but`, `numeric`.
 * @throws {AwsError} InvalidEventPatternException for bad patterns and for comparisons that are not emulated.
 */
export function parsePattern(text: string): JsonObject {
  let pattern: Json
  try {
    pattern = JSON.parse(text) as Json
  } catch {
    throw invalid('it is not JSON')
  }
  if (!isObject(pattern)) throw invalid('it is not an object')
  checkLevel(pattern, 1)
  return pattern
}

function checkLevel(level: JsonObject, depth: number): void {
  if (depth > depthMax) throw invalid(`it is nested deeper than ${depthMax} levels`)
  if (Object.keys(level).length === 0) throw invalid('an empty object matches nothing')
  for (const [field, wanted] of Object.entries(level)) {
    if (field.startsWith('$')) throw invalid(`${field} is not supported by the embedded cloud`)
    if (isObject(wanted)) checkLevel(wanted, depth + 1)
    else if (!Array.isArray(wanted) || wanted.length === 0)
      throw invalid(`${field} must be an object or a list with a value`)
    else for (const one of wanted) checkMatcher(one)
  }
}

const matcherNames = ['prefix', 'suffix', 'equals-ignore-case', 'exists', 'anything-but', 'numeric']

function checkMatcher(matcher: Json): void {
  if (Array.isArray(matcher)) throw invalid('a list within a list')
  if (!isObject(matcher)) return
  const [entry, ...others] = Object.entries(matcher)
  if (!entry || others.length > 0) throw invalid('a comparison has exactly one name')
  const [name, operand] = entry
  if (!matcherNames.includes(name)) throw invalid(`comparison ${name} is not supported by the embedded cloud`)
  const isText = ['prefix', 'suffix', 'equals-ignore-case'].includes(name)
  if (isText && typeof operand !== 'string') throw invalid(`${name} must be a string`)
  if (name === 'exists' && typeof operand !== 'boolean') throw invalid('exists must be true or false')
  if (name === 'anything-but') checkAnythingBut(operand)
  if (name === 'numeric') numericParts(operand)
}

function checkAnythingBut(operand: Json): void {
  if (isObject(operand)) checkMatcher(operand)
  else
    for (const one of listOf(operand))
      if (typeof one !== 'string' && typeof one !== 'number') throw invalid('anything-but takes strings and numbers')
}

/** Whether an event matches a pattern: every field of the pattern must, by any of its values. */
export function matches(pattern: JsonObject, event: JsonObject): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = Object.hasOwn(event, field) ? event[field] : undefined
    if (isObject(wanted)) return matches(wanted, isObject(value) ? value : {})
    return listOf(wanted).some((matcher) => fits(matcher, value))
  })
}

/** Whether a value fits one matcher; of a list, whether one of its values does. */
function fits(matcher: Json, value: Json | undefined): boolean {
  if (!isObject(matcher)) return value !== undefined && listOf(value).includes(matcher)
  const [name = '', operand = null] = Object.entries(matcher)[0] ?? []
  if (name === 'exists') return (value !== undefined && !isObject(value)) === operand
  if (value === undefined) return false
  return listOf(value).some((one) => compares(name, operand, one))
}

function compares(name: string, operand: Json, value: Json): boolean {
  switch (name) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(operand))
    case 'suffix':
      return typeof value === 'string' && value.endsWith(String(operand))
    case 'equals-ignore-case':
      return typeof value === 'string' && value.toLowerCase() === String(operand).toLowerCase()
    case 'anything-but':
      return isObject(operand) ? !fits(operand, value) : !listOf(operand).includes(value)
    case 'numeric':
      return typeof value === 'number' && numericParts(operand).every(([sign, bound]) => holds(sign, value, bound))
    default:
      return false
  }
}

const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : [value])

type Sign = '=' | '<' | '<=' | '>' | '>='

/** The comparisons of `{"numeric": [">", 0, "<=", 5]}`. */
function numericParts(operand: Json): [Sign, number][] {
  const parts: [Sign, number][] = []
  const list = listOf(operand)
  for (let index = 0; index < list.length; index += 2) {
    const sign = list[index]
    const bound = list[index + 1]
    if (!isSign(sign) || typeof bound !== 'number') throw invalid('numeric takes pairs of a sign and a number')
    parts.push([sign, bound])
  }
  if (parts.length < 1 || parts.length > 2) throw invalid('numeric takes one or two comparisons')
  return parts
}

const isSign = (value: Json | undefined): value is Sign =>
  typeof value === 'string' && ['=', '<', '<=', '>', '>='].includes(value)

function holds(sign: Sign, value: number, bound: number): boolean {
  switch (sign) {
    case '=':
      return value === bound
    case '<':
      return value < bound
    case '<=':
      return value <= bound
    case '>':
      return value > bound
    case '>=':
      return value >= bound
  }
}
