import { AwsError, type Json, type JsonObject } from './service.ts'

/** The codes that one service answers bad input with. */
export interface InputCodes {
  missing: string
  invalid: string
}

/** Reads members of a request by type; what is absent or of another type is answered with the service's own code. */
export interface Input {
  text(name: string): string
  optionalText(name: string): string | undefined
  /** A whole number within the bounds, both included. */
  integer(name: string, min: number, max: number): number | undefined
  object(name: string): JsonObject
  /** An object whose values are all texts; empty when absent. */
  textMap(name: string): Record<string, string>
  /** A list of texts; empty when absent. */
  texts(name: string): string[]
  /** A list of objects; empty when absent. */
  objects(name: string): JsonObject[]
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Wraps a request for reading. */
export function inputOf(input: JsonObject, codes: InputCodes): Input {
  const missing = (name: string): AwsError =>
    new AwsError(codes.missing, `The request must contain the parameter ${name}.`)
  const invalid = (name: string, reason: string): AwsError =>
    new AwsError(codes.invalid, `Value for parameter ${name} is invalid. Reason: ${reason}.`)

  const optional = <T extends Json>(name: string, is: (value: Json) => value is T, wanted: string): T | undefined => {
    const value = input[name] ?? null
    if (value === null) return undefined
    if (!is(value)) throw invalid(name, `Must be ${wanted}`)
    return value
  }
  const isText = (value: Json): value is string => typeof value === 'string'
  const isTexts = (value: Json): value is string[] => Array.isArray(value) && value.every(isText)
  const isObjects = (value: Json): value is JsonObject[] => Array.isArray(value) && value.every(isObject)
  const isTextMap = (value: Json): value is Record<string, string> =>
    isObject(value) && Object.values(value).every(isText)

  return {
    text(name) {
      const value = optional(name, isText, 'a string')
      if (value === undefined || value === '') throw missing(name)
      return value
    },
    optionalText: (name) => optional(name, isText, 'a string'),
    integer(name, min, max) {
      const value = optional(name, (other): other is number => Number.isInteger(other), 'an integer')
      if (value !== undefined && (value < min || value > max))
        throw invalid(name, `Must be between ${min} and ${max}, if provided`)
      return value
    },
    object(name) {
      const value = optional(name, isObject, 'an object')
      if (value === undefined) throw missing(name)
      return value
    },
    textMap: (name) => optional(name, isTextMap, 'a map of strings') ?? {},
    texts: (name) => optional(name, isTexts, 'a list of strings') ?? [],
    objects: (name) => optional(name, isObjects, 'a list of objects') ?? [],
  }
}
