import { type Filter, invalidQuery, QueryLimits } from './filter.ts'
import { isCondition, parseCondition } from './parse-condition.ts'
import { parseMongoFilter } from './parse-mongo-filter.ts'

/**
 * Reads a query in either language: the documented conditions (spec/clusters-and-nodes.md §4) or the allowed part of MongoDB's
 * (spec/decisions.md 15). `{}` matches everything.
 *
 * In both, values are compared as numbers when either side looks like a number, quoted or not; two texts by their characters;
 * a list matches when it or one of its elements does; what is not there counts as null.
 * @throws {GridError} `query.invalid`, `query.unknown_operator` naming it
 */
export function parseFilter(query: unknown): Filter {
  const limits = new QueryLimits()
  const matches =
    query !== null && typeof query === 'object' && isCondition(query as Record<string, unknown>)
      ? parseCondition(query, limits)
      : parseMongoFilter(query, limits)
  return { matches, paths: limits.paths }
}

/** A filter that asks both, whatever the second is made of (spec/errors-and-gaps.md 39: narrowing never goes into an OR). */
export const bothOf = (first: Filter, second: Filter): Filter => ({
  matches: (document) => first.matches(document) && second.matches(document),
  paths: new Set([...first.paths, ...second.paths]),
})

/** The query in a query string's parameter; none is `{}`. @throws {GridError} `query.invalid` for text that is not JSON */
export function readQueryText(text: string | undefined): unknown {
  try {
    return text === undefined ? {} : JSON.parse(text)
  } catch {
    throw invalidQuery('is not JSON')
  }
}
