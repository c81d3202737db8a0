import { isEqual, toNumber } from './compare.ts'
import {
  asList,
  at,
  comparisons,
  invalidQuery,
  not,
  type QueryLimits,
  some,
  type Test,
  unknownOperator,
  type ValuesTest,
} from './filter.ts'

type Document = Readonly<Record<string, unknown>>

/** Deepest nesting of a value that is compared as a whole. */
const valueDepthMax = 64

const logical = ['$and', '$or', '$nor'] as const

/** What stands behind a path (spec/decisions.md 15). Everything else is refused by name. */
const operators: Readonly<Record<string, (wanted: unknown, limits: QueryLimits, depth: number) => ValuesTest>> = {
  $eq: comparisons['=='],
  $ne: comparisons['!='],
  $gt: comparisons['>'],
  $gte: comparisons['>='],
  $lt: comparisons['<'],
  $lte: comparisons['<='],
  $in: comparisons.IN,
  $nin: (wanted) => not(comparisons.IN(wanted)),
  $exists: (wanted) => (values) => values.length > 0 === (wanted !== false && wanted !== 0),
  $size: (wanted) => {
    const size = toNumber(wanted)
    if (size === null) throw invalidQuery('needs a number for $size')
    return (values) => values.some((value) => Array.isArray(value) && value.length === size)
  },
  $all: (wanted, limits, depth) => {
    const list = asList(wanted).map((one) => {
      limits.enter(depth)
      return some((value) => isEqual(value, one))
    })
    return (values) => list.length > 0 && list.every((test) => test(values))
  },
  $elemMatch: (wanted, limits, depth) => {
    const test = parseElement(wanted, limits, depth + 1)
    return (values) => values.some((value) => Array.isArray(value) && value.some(test))
  },
  $not: (wanted, limits, depth) => not(parseOperators(asObject(wanted, '$not'), limits, depth + 1)),
}

const known = [...logical, ...Object.keys(operators)]

/**
 * Reads the allowed part of MongoDB's filter language (spec/decisions.md 15).
 * @throws {GridError} `query.invalid`, `query.unknown_operator`
 */
export function parseMongoFilter(query: unknown, limits: QueryLimits, depth = 0): Test {
  limits.enter(depth)
  const tests = Object.entries(asObject(query, 'it')).map(([name, wanted]) =>
    name.startsWith('$') ? parseLogical(name, wanted, limits, depth) : parseField(name, wanted, limits, depth),
  )
  return (document) => tests.every((test) => test(document))
}

function parseLogical(name: string, wanted: unknown, limits: QueryLimits, depth: number): Test {
  if (!logical.some((operator) => operator === name)) throw unknownOperator(name, known)
  const inner = asList(wanted)
  if (inner.length === 0) throw invalidQuery(`needs at least one filter for ${name}`)
  const tests = inner.map((filter) => parseMongoFilter(filter, limits, depth + 1))
  if (name === '$and') return (document) => tests.every((test) => test(document))
  if (name === '$or') return (document) => tests.some((test) => test(document))
  return (document) => !tests.some((test) => test(document))
}

function parseField(path: string, wanted: unknown, limits: QueryLimits, depth: number): Test {
  limits.enter(depth + 1)
  const checked = limits.path(path)
  if (isOperators(wanted)) return at(checked, parseOperators(wanted, limits, depth + 1), limits)
  refuseOperatorsIn(wanted)
  return at(checked, limits.counted(comparisons['=='](wanted), '$eq', wanted), limits)
}

function parseOperators(wanted: Document, limits: QueryLimits, depth: number): ValuesTest {
  const tests = Object.entries(wanted).map(([name, value]) => {
    limits.enter(depth)
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
    if (!operator) throw unknownOperator(name, known)
    if (name !== '$not' && name !== '$elemMatch') refuseOperatorsIn(value)
    return limits.counted(operator(value, limits, depth), name, value)
  })
  if (tests.length === 0) throw invalidQuery('has an empty set of operators')
  return (values) => tests.every((test) => test(values))
}

/** What `$elemMatch` asks of an element: operators on it, or a filter on its fields. */
function parseElement(wanted: unknown, limits: QueryLimits, depth: number): Test {
  const filter = asObject(wanted, '$elemMatch')
  if (!isOperators(filter) || Object.keys(filter).some((name) => logical.some((operator) => operator === name)))
    return parseMongoFilter(filter, limits, depth)
  const test = parseOperators(filter, limits, depth)
  return (element) => test([element])
}

const isOperators = (wanted: unknown): wanted is Document =>
  wanted !== null &&
  typeof wanted === 'object' &&
  !Array.isArray(wanted) &&
  Object.keys(wanted).some((name) => name.startsWith('$'))

/** An operator inside of a value that is compared as a whole would be no operator; that is never what is meant. */
function refuseOperatorsIn(value: unknown, depth = 0): void {
  if (value === null || typeof value !== 'object') return
  if (depth > valueDepthMax) throw invalidQuery(`has a value nested deeper than ${valueDepthMax} levels`)
  for (const [name, inner] of Object.entries(value)) {
    if (name.startsWith('$')) throw unknownOperator(name, known)
    refuseOperatorsIn(inner, depth + 1)
  }
}

function asObject(value: unknown, where: string): Document {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Document
  throw invalidQuery(`needs an object for ${where}`)
}
