import { AwsError, type Json, type JsonObject } from '../aws/service.ts'
import type { Target } from './rule-store.ts'

/** An event as its sender gives it. */
export interface NewEvent {
  /** For example `aws.states`. */
  source: string
  detailType: string
  detail: JsonObject
  resources?: readonly string[]
  /** Milliseconds since 1970; now, if absent. */
  time?: number
  /** Publishing another event of the same id changes nothing while the first is under way. */
  id?: string
}

/** What every envelope of a bus is written with. */
export interface EnvelopeFacts {
  region: string
  accountId: string
  now: () => number
}

/** The envelope that rules match and targets get (EventBridge User Guide, "Event structure"). */
export function envelopeOf(event: NewEvent, id: string, facts: EnvelopeFacts): JsonObject {
  return {
    version: '0',
    id,
    'detail-type': event.detailType,
    source: event.source,
    account: facts.accountId,
    time: new Date(event.time ?? facts.now()).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: facts.region,
    resources: [...(event.resources ?? [])],
    detail: event.detail,
  }
}

/** The text that a target gets for an event: its own constant, a part of the event, or the whole. */
export function inputFor(target: Target, event: JsonObject): string {
  if (target.Input !== undefined) return target.Input
  const part = target.InputPath ? partAt(event, target.InputPath) : event
  return JSON.stringify(part)
}

/** The value at a path like `$.detail.id`; null where there is none. */
function partAt(event: JsonObject, path: string): Json {
  let value: Json = event
  for (const field of fieldsOf(path)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    value = value[field] ?? null
  }
  return value
}

/** @throws {AwsError} ValidationException for paths other than dotted fields. */
export function fieldsOf(path: string): string[] {
  if (!/^\$(\.[A-Za-z0-9_-]+)*$/.test(path))
    throw new AwsError('ValidationException', `InputPath ${path} is not supported by the embedded cloud`)
  return path.split('.').slice(1)
}
