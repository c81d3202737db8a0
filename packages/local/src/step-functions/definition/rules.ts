import type { Json } from '../../aws/service.ts'
import { expressionIn } from '../expressions.ts'
import { below, type Findings, isObject } from './diagnostics.ts'

/** Checks one value of a definition and reports what is wrong with it. */
export type Rule = (value: Json, at: string, findings: Findings) => void

/** The fields that an object may have. */
export interface Shape {
  required?: Record<string, Rule>
  optional?: Record<string, Rule>
}

/** An object with exactly these fields; a field that is not listed is refused by name. */
export function shaped({ required = {}, optional = {} }: Shape): Rule {
  return (value, at, findings) => {
    if (!isObject(value)) {
      findings.error('Expected value of type Object', at)
      return
    }
    const missing = Object.keys(required).filter((name) => !Object.hasOwn(value, name))
    if (missing.length > 0) findings.error(`These fields are required: [${missing.join(', ')}]`, at)
    const rules = { ...required, ...optional }
    for (const [name, field] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
      if (rule) rule(field, below(at, name), findings)
      else findings.error(`Field '${name}' is not supported`, below(at, name))
    }
  }
}

const test =
  (is: (value: Json) => boolean, message: string): Rule =>
  (value, at, findings) => {
    if (!is(value)) findings.error(message, at)
  }

export const text = test((value) => typeof value === 'string', 'Expected value of type String')

export const yes = test((value) => value === true, 'Expected the value true')

export const oneOf = (...values: string[]): Rule =>
  test((value) => values.includes(value as string), `Value is not one of [${values.join(', ')}]`)

/** A whole number within the bounds, both included. */
export const integer = (min: number, max: number): Rule =>
  test(
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    `Expected an Integer from ${min} to ${max}`,
  )

export const atLeast = (min: number): Rule =>
  test((value) => typeof value === 'number' && value >= min, `Expected a Number not smaller than ${min}`)

/** Whether a value is a string that is one expression. */
export const isExpression = (value: Json): boolean => typeof value === 'string' && expressionIn(value) !== null

export const expressionOr =
  (rule: Rule): Rule =>
  (value, at, findings) => {
    if (!isExpression(value)) rule(value, at, findings)
  }

/** Anything; expressions in it are checked apart. */
export const anything: Rule = () => {}

/** A list with at least `min` entries. */
export const listOf =
  (entry: Rule, min: number): Rule =>
  (value, at, findings) => {
    if (!Array.isArray(value)) {
      findings.error('Expected value of type Array', at)
      return
    }
    if (value.length < min) findings.error(`Array is too short, it must have at least ${min} entries`, at)
    for (const [index, item] of value.entries()) entry(item, `${at}[${index}]`, findings)
  }

/** An object whose keys are free. */
export const record: Rule = (value, at, findings) => {
  if (!isObject(value)) findings.error('Expected value of type Object', at)
}

/** All of these. */
export const every =
  (...rules: Rule[]): Rule =>
  (value, at, findings) => {
    for (const rule of rules) rule(value, at, findings)
  }
