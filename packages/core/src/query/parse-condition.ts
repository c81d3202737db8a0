import { order, toNumber } from './compare.ts'
import { at, comparisons, invalidQuery, type QueryLimits, type Test, unknownOperator } from './filter.ts'
import { valuesAt } from './values-at.ts'

type Condition = Readonly<Record<string, unknown>>

/** Claims that an object is written in the documented condition language. */
export const isCondition = (query: Condition): boolean =>
  Object.hasOwn(query, 'logicalOperator') ||
  Object.hasOwn(query, 'aggOperator') ||
  (Object.hasOwn(query, 'variable') && Object.hasOwn(query, 'operator'))

/**
 * Reads the documented condition language (spec/clusters-and-nodes.md §4): simple, logical and aggregate conditions, nested.
 * Every operator works the same everywhere, inside of OR too (spec/errors-and-gaps.md 41).
 * @throws {GridError} `query.invalid`, `query.unknown_operator`
 */
export function parseCondition(query: unknown, limits: QueryLimits, depth = 0): Test {
  limits.enter(depth)
  if (query === null || typeof query !== 'object' || Array.isArray(query))
    throw invalidQuery('has a condition that is not an object')
  const condition = query as Condition
  if (Object.hasOwn(condition, 'logicalOperator')) return parseLogical(condition, limits, depth)
  if (Object.hasOwn(condition, 'aggOperator')) return parseAggregate(condition, limits)
  return parseSimple(condition, limits)
}

function parseSimple(condition: Condition, limits: QueryLimits): Test {
  refuseOthers(condition, ['variable', 'operator', 'value'])
  if (!Object.hasOwn(condition, 'value')) throw invalidQuery('has a condition without a value')
  const { variable, operator, value } = condition
  const holds = comparisonOf(operator)(value)
  return at(limits.path(variable), limits.counted(holds, String(operator), value), limits)
}

function parseLogical(condition: Condition, limits: QueryLimits, depth: number): Test {
  refuseOthers(condition, ['logicalOperator', 'conditions'])
  const { logicalOperator, conditions } = condition
  if (logicalOperator !== 'AND' && logicalOperator !== 'OR') throw unknownOperator(logicalOperator, ['AND', 'OR'])
  if (!Array.isArray(conditions)) throw invalidQuery(`needs a list of conditions for ${logicalOperator}`)
  const tests = conditions.map((inner) => parseCondition(inner, limits, depth + 1))
  return logicalOperator === 'AND'
    ? (document) => tests.every((test) => test(document))
    : (document) => tests.some((test) => test(document))
}

const aggregates: Readonly<Record<string, (numbers: readonly number[]) => number | null>> = {
  sum: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
  avg: (numbers) => (numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length),
  min: (numbers) => (numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b))),
  max: (numbers) => (numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b))),
}

function parseAggregate(condition: Condition, limits: QueryLimits): Test {
  refuseOthers(condition, ['aggOperator', 'target', 'operator', 'value'])
  const { aggOperator, operator, value } = condition
  const path = limits.path(condition.target)
  const compare = comparisonOf(operator)
  if (typeof aggOperator !== 'string' || !(aggOperator === 'count' || Object.hasOwn(aggregates, aggOperator)))
    throw unknownOperator(aggOperator, ['count', ...Object.keys(aggregates)])
  if (toNumber(value) === null) throw invalidQuery(`needs a number to compare ${aggOperator} with`)
  const holds = compare(value)
  const aggregate = aggregates[aggOperator]
  const read = valuesAt(path, (visits) => limits.spend(visits))
  return (document) => {
    const values = read(document).flat()
    limits.spend(values.length)
    const result = aggregate ? aggregate(values.map(toNumber).filter((number) => number !== null)) : values.length
    return result !== null && order(result, value) !== null && holds([result])
  }
}

function comparisonOf(operator: unknown): (wanted: unknown) => (values: readonly unknown[]) => boolean {
  if (typeof operator === 'string' && Object.hasOwn(comparisons, operator))
    return comparisons[operator as keyof typeof comparisons]
  throw unknownOperator(operator, Object.keys(comparisons))
}

/** A misspelt member would otherwise silently widen or narrow the query. */
function refuseOthers(condition: Condition, known: readonly string[]): void {
  const other = Object.keys(condition).find((name) => !known.includes(name))
  if (other !== undefined)
    throw invalidQuery(`has a condition with ${other.slice(0, 100)}; it takes ${known.join(', ')} only`)
}
