import { GridError } from '../errors.ts'
import { equalityKey, isEqual, order } from './compare.ts'
import { like } from './like.ts'
import { valuesAt } from './values-at.ts'

/** A query that was read: says whether a document matches. */
export interface Filter {
  matches(document: unknown): boolean
  /** The paths that it looks at, so that a caller need not fetch what nobody asks about. */
  paths: ReadonlySet<string>
}

/** What is asked of a single value. */
export type Test = (value: unknown) => boolean
/** What is asked of all values at a path. */
export type ValuesTest = (values: readonly unknown[]) => boolean

const depthMax = 16
const conditionsMax = 200
const pathCharactersMax = 256
const pathStepsMax = 16
const listMax = 1000
const compositesMax = 20
const textCharactersMax = 1024
/** Values that one query looks at and compares before it is given up; some tenths of a second. */
const workMax = 10_000_000
/** Characters of a text that count as one value. */
const textPerValue = 64

/**
 * Counts what a query holds while it is read, and what it looks at while it runs: nobody else is served meanwhile, and a few
 * conditions on long lists of lists are enough to go on for minutes.
 */
export class QueryLimits {
  readonly paths = new Set<string>()
  #conditions = 0
  #work = 0

  /** @throws {GridError} `query.invalid` */
  spend(work: number): void {
    this.#work += work
    if (this.#work > workMax) throw invalidQuery('takes too long on these documents; ask for less at a time')
  }

  /** The same test, whose work is counted: each value may have to be compared with all of what is wanted. */
  counted(test: ValuesTest, operator: string, wanted: unknown): ValuesTest {
    const perValue = workOf(operator, wanted)
    return (values) => {
      this.spend(perValue * values.reduce((sum: number, value) => sum + topSizeOf(value), 0))
      return test(values)
    }
  }

  /** @throws {GridError} `query.invalid` */
  enter(depth: number): void {
    if (depth > depthMax) throw invalidQuery(`is nested deeper than ${depthMax} levels`)
    this.#conditions += 1
    if (this.#conditions > conditionsMax) throw invalidQuery(`has more than ${conditionsMax} conditions`)
  }

  /** @throws {GridError} `query.invalid` */
  path(path: unknown): string {
    const steps = typeof path === 'string' && path.length <= pathCharactersMax ? path.split('.') : ['']
    if (typeof path !== 'string' || steps.includes('') || steps.length > pathStepsMax)
      throw invalidQuery(
        `needs a path of at most ${pathCharactersMax} characters and ${pathStepsMax} steps, none empty`,
      )
    this.paths.add(path)
    return path
  }
}

export const invalidQuery = (what: string): GridError => new GridError('query.invalid', `the query ${what}`)

/** @throws {GridError} `query.unknown_operator` naming it */
export function unknownOperator(operator: unknown, known: readonly string[]): GridError {
  const name = typeof operator === 'string' ? operator.slice(0, 100) : typeof operator
  return new GridError('query.unknown_operator', `the operator ${name} is not known; known are ${known.join(' ')}`, {
    details: { operator: name, known },
  })
}

/** Both languages' comparisons, by the documented language's names. */
export const comparisons = {
  '==': (wanted) => equals(wanted),
  '!=': (wanted) => not(equals(wanted)),
  '<': (wanted) => ordered(wanted, (sign) => sign < 0),
  '<=': (wanted) => ordered(wanted, (sign) => sign <= 0),
  '>': (wanted) => ordered(wanted, (sign) => sign > 0),
  '>=': (wanted) => ordered(wanted, (sign) => sign >= 0),
  IN: (wanted) => isOneOf(asList(wanted)),
  LIKE: (wanted) => {
    if (typeof wanted !== 'string' || wanted.length > textCharactersMax)
      throw invalidQuery(`needs a text of at most ${textCharactersMax} characters for LIKE`)
    const matches = like(wanted)
    return some((value) => typeof value === 'string' && matches(value))
  },
} as const satisfies Record<string, (wanted: unknown) => (values: readonly unknown[]) => boolean>

/** @throws {GridError} `query.invalid` */
export function asList(wanted: unknown): readonly unknown[] {
  if (Array.isArray(wanted) && wanted.length <= listMax) return wanted
  throw invalidQuery(`needs a list of at most ${listMax} values here`)
}

/** Nothing at the path counts as null. */
function equals(wanted: unknown): (values: readonly unknown[]) => boolean {
  if (wanted === null) return (values) => values.length === 0 || some((value) => value === null)(values)
  return some((value) => isEqual(value, wanted))
}

/** Plain values are looked up, so that a long list costs no more than a short one. */
function isOneOf(list: readonly unknown[]): (values: readonly unknown[]) => boolean {
  const composite = list.filter((one) => one !== null && typeof one === 'object')
  if (composite.length > compositesMax) throw invalidQuery(`lists more than ${compositesMax} objects or lists`)
  const tests = [...composite, ...(list.includes(null) ? [null] : [])].map(equals)
  const plain = new Set(list.map(equalityKey).filter((key) => key !== null))
  const isPlain = some((value) => plain.has(equalityKey(value) ?? ''))
  return (values) => isPlain(values) || tests.some((test) => test(values))
}

function ordered(wanted: unknown, holds: (sign: number) => boolean): (values: readonly unknown[]) => boolean {
  return some((value) => {
    const sign = order(value, wanted)
    return sign !== null && holds(sign)
  })
}

export const not =
  (test: (values: readonly unknown[]) => boolean): ((values: readonly unknown[]) => boolean) =>
  (values) =>
    !test(values)

/** Asks the values at a path, and where one is a list, its elements. */
export const some =
  (test: Test): ((values: readonly unknown[]) => boolean) =>
  (values) =>
    values.some((value) => test(value) || (Array.isArray(value) && value.some(test)))

/** A condition on what a path leads to. */
export function at(path: string, test: ValuesTest, limits: QueryLimits): Test {
  const read = valuesAt(path, (visits) => limits.spend(visits))
  return (document) => test(read(document))
}

/** What comparing one value may take, in values. */
function workOf(operator: string, wanted: unknown): number {
  if (operator === 'LIKE') return Math.max(1, String(wanted).length)
  // Plain values of a list are looked up, all at once.
  if (/^(IN|\$n?in)$/.test(operator) && Array.isArray(wanted))
    return wanted.reduce((sum: number, one) => sum + (one !== null && typeof one === 'object' ? sizeOf(one) : 0), 1)
  return sizeOf(wanted)
}

/** How many values stand anywhere in a value. */
const sizeOf = (value: unknown): number =>
  value === null || typeof value !== 'object'
    ? 1
    : Object.values(value).reduce((sum: number, inner) => sum + sizeOf(inner), 1)

/** A value and, where it is a list, its elements. */
const topSizeOf = (value: unknown): number => {
  if (typeof value === 'string') return 1 + value.length / textPerValue
  return Array.isArray(value) ? 1 + value.length : 1
}
