import jsonata, { type Expression } from 'jsonata'
import type { Json, JsonObject } from '../aws/service.ts'
import { addFunctions, bound } from './expression-functions.ts'
import { expressionStepsMax, expressionsCachedMax } from './limits.ts'

/** What an expression can see. */
export interface Scope {
  /** The value of `$states`. */
  states: JsonObject
  variables: JsonObject
  /** Milliseconds since 1970, for `$now` and `$millis`. */
  now: number
}

/** An expression that gave no usable value; `reason` is AWS's sentence about it (spec/step-functions.md section 7). */
export class QueryError extends Error {
  readonly location: string | null

  constructor(reason: string, location: string | null) {
    super(reason)
    this.location = location
  }
}

/** The text between `{%` and `%}`, or null for a string that is a literal. */
export function expressionIn(text: string): string | null {
  return text.length >= 4 && text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : null
}

const compiled = new Map<string, Expression>()

/**
 * Compiles an expression, with the functions of Step Functions.
 * @throws JSONata's own error, with `code` and `message`
 */
export function compile(source: string): Expression {
  const known = compiled.get(source)
  if (known) return known
  const expression = jsonata(source)
  addFunctions(expression)
  limitSteps(expression)
  if (compiled.size >= expressionsCachedMax) compiled.clear()
  compiled.set(source, expression)
  return expression
}

/** Ends an expression that does not end by itself. */
function limitSteps(expression: Expression): void {
  const count = (_: unknown, __: unknown, environment: { lookup(name: string): unknown }): void => {
    const steps = environment.lookup(bound.steps) as { left: number }
    if (--steps.left < 0) throw new Error(`the expression took more than ${expressionStepsMax} steps`)
  }
  const assign = expression.assign as (name: string | symbol, value: unknown) => void
  assign(Symbol.for('jsonata.__evaluate_entry'), count)
}

/**
 * Evaluates a template: every string in it that is an expression, wherever it stands; keys and other values stay.
 * @param location path of the template in its state, for the error
 * @param scope built only when there is an expression
 * @throws {QueryError}
 */
export async function evaluateTemplate(template: Json, location: string, scope: () => Scope): Promise<Json> {
  if (typeof template === 'string') {
    const source = expressionIn(template)
    return source === null ? template : evaluate(source, location, scope())
  }
  if (Array.isArray(template)) {
    const items: Json[] = []
    for (const [index, item] of template.entries())
      items.push(await evaluateTemplate(item, `${location}/${index}`, scope))
    return items
  }
  if (template === null || typeof template !== 'object') return template
  const fields: [string, Json][] = []
  for (const [key, value] of Object.entries(template))
    fields.push([key, await evaluateTemplate(value, `${location}/${key}`, scope)])
  return Object.fromEntries(fields)
}

async function evaluate(source: string, location: string, scope: Scope): Promise<Json> {
  const about = `The JSONata expression '${source}' specified for the field '${location}'`
  let result: unknown
  try {
    result = await compile(source).evaluate(undefined, {
      ...scope.variables,
      states: scope.states,
      [bound.now]: scope.now,
      [bound.steps]: { left: expressionStepsMax },
    })
  } catch (error) {
    throw new QueryError(`${about} threw an error during evaluation. ${describe(error)}`, location)
  }
  if (result === undefined) throw new QueryError(`${about} returned nothing (undefined).`, location)
  if (!isData(result)) throw new QueryError(`${about} returned an unsupported result type.`, location)
  return JSON.parse(JSON.stringify(result)) as Json
}

/** Whether a result can be written as JSON: functions and regular expressions cannot, wherever they stand. */
function isData(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isData)
  if (typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value) return false
  return Object.values(value).every((field) => field === undefined || isData(field))
}

/** JSONata's code and message. Failures of our own functions have no code. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ? `${code}: ${message}` : String(message ?? error)
}

/** JSON's name of a value's type. */
export function typeName(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * Evaluates a template whose value must be of one type.
 * @throws {QueryError} `… returned an unexpected result type. Expected 'array', but was 'string' for value: "x"`
 */
export async function evaluateTyped(
  template: Json,
  expected: { name: string; is: (value: Json) => boolean },
  location: string,
  scope: () => Scope,
): Promise<Json> {
  const value = await evaluateTemplate(template, location, scope)
  if (expected.is(value)) return value
  const source = typeof template === 'string' ? expressionIn(template) : null
  throw new QueryError(
    `The JSONata expression '${source ?? JSON.stringify(template)}' specified for the field '${location}' ` +
      `returned an unexpected result type. Expected '${expected.name}', but was '${typeName(value)}' ` +
      `for value: ${JSON.stringify(value)}`,
    location,
  )
}
