import { AwsError, type Json, type JsonObject } from '../../aws/service.ts'
import { isObject } from '../definition/diagnostics.ts'

const refuse = (reason: string): AwsError =>
  new AwsError('ValidationException', `1 validation error detected: ${reason}`)

/** A request's members, read by type; every fault is a ValidationException in AWS's words. */
export class Request {
  private readonly input: JsonObject

  /** @param members all that the operation takes here; a request with others is refused, not half obeyed */
  constructor(operation: string, input: JsonObject, members: readonly string[]) {
    this.input = input
    for (const [name, value] of Object.entries(input))
      if (value !== null && !members.includes(name))
        throw new AwsError('ValidationException', `${operation}: the embedded cloud does not support '${name}'`)
  }

  has(name: string): boolean {
    return (this.input[name] ?? null) !== null
  }

  get(name: string): Json | undefined {
    return this.input[name]
  }

  text(name: string, max: number): string {
    const value = this.optionalText(name, max)
    if (value === undefined)
      throw refuse(`Value null at '${name}' failed to satisfy constraint: Member must not be null`)
    return value
  }

  optionalText(name: string, max: number): string | undefined {
    const value = this.input[name] ?? null
    if (value === null) return undefined
    if (typeof value !== 'string') throw new AwsError('SerializationException', `'${name}' must be a string`)
    if (value.length > max)
      throw refuse(
        `Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
      )
    return value
  }

  choice<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.optionalText(name, 256)
    if (value === undefined || values.includes(value as T)) return value as T | undefined
    throw refuse(
      `Value '${value}' at '${name}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(', ')}]`,
    )
  }

  /** A page size: absent and 0 mean `fallback`. */
  pageSize(fallback: number, max: number): number {
    const value = this.input.maxResults ?? 0
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw new AwsError('SerializationException', "'maxResults' must be an integer")
    const bound = value < 0 ? 'greater than or equal to 0' : `less than or equal to ${max}`
    if (value < 0 || value > max)
      throw refuse(`Value '${value}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`)
    return value || fallback
  }

  flag(name: string): boolean | undefined {
    const value = this.input[name] ?? null
    if (value === null) return undefined
    if (typeof value !== 'boolean') throw new AwsError('SerializationException', `'${name}' must be a boolean`)
    return value
  }

  object(name: string): JsonObject | undefined {
    const value = this.input[name] ?? null
    if (value === null) return undefined
    if (!isObject(value)) throw new AwsError('SerializationException', `'${name}' must be an object`)
    return value
  }
}
