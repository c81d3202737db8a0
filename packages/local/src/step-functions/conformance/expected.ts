import type { HistoryEvent } from '@aws-sdk/client-sfn'
import { expect } from 'vitest'
import type { Json, JsonObject } from '../../aws/service.ts'
import { isObject } from '../definition/diagnostics.ts'

/** The key of a type's details in a history event, as the API reference names them. */
function detailsKey(type: string): string {
  const state = /^(?:Pass|Task|Choice|Wait|Succeed|Fail|Parallel|Map)State(Entered|Exited)$/.exec(type)
  if (state) return `state${state[1]}EventDetails`
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`
}

/** A text that is JSON and holds at least what is wanted. */
class JsonTextMatcher {
  readonly wanted: Json
  constructor(wanted: Json) {
    this.wanted = wanted
  }
  asymmetricMatch(actual: unknown): boolean {
    const value: unknown = JSON.parse(String(actual))
    return isObject(this.wanted)
      ? expect.objectContaining(deep(this.wanted)).asymmetricMatch(value)
      : value === this.wanted
  }
  toString(): string {
    return `JSON text of ${JSON.stringify(this.wanted)}`
  }
}

const deep = (wanted: JsonObject): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [
      key,
      isObject(value) && !('$like' in value) ? expect.objectContaining(deep(value)) : matcher(value),
    ]),
  )

function matcher(value: Json): unknown {
  if (!isObject(value)) return value
  if ('$json' in value) return new JsonTextMatcher(value.$json ?? null)
  if ('$like' in value) return expect.stringMatching(new RegExp(String(value.$like)))
  return value
}

/** The event as the SDK gives it, without its time. */
export function expectedEvent([id, previousEventId, type, details]: [number, number, string, JsonObject?]): object {
  if (details === undefined) return { id, previousEventId, type }
  const fields = Object.entries(details).map(([key, value]) => [key, matcher(value)])
  for (const key of ['input', 'output', 'assignedVariables'])
    if (key in details) fields.push([`${key}Details`, { truncated: false }])
  return { id, previousEventId, type, [detailsKey(type)]: Object.fromEntries(fields) }
}

/** An event without its time, which no file can know. */
export function withoutTime({ timestamp, ...event }: HistoryEvent): object {
  expect(timestamp).toBeInstanceOf(Date)
  return event
}
