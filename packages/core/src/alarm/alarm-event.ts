import { createHash } from 'node:crypto'
import { z } from 'zod'

/** Most dimensions and labels of one alarm (Metrics Insights gives 150 at most). */
const labelsMax = 150
/** Longest text about an alarm that is kept, and most of it as it came, in characters. */
const titleCharactersMax = 1000
const rawCharactersMax = 16_000

/** Where an alarm came from: the last part of `POST /alarms/{source}`. */
export const AlarmSource = z.enum(['eventbridge', 'sns', 'alertmanager', 'webhook'])
export type AlarmSource = z.infer<typeof AlarmSource>

/** `insufficient_data` is neither of the others: nothing follows from it. */
export const AlarmState = z.enum(['ok', 'alarm', 'insufficient_data'])
export type AlarmState = z.infer<typeof AlarmState>

/** Dimensions and labels: what an alarm is about. */
export const AlarmLabels = z
  .record(z.string().min(1).max(255), z.string().max(1024))
  .refine((labels) => Object.keys(labels).length <= labelsMax, `must hold at most ${labelsMax} members`)
export type AlarmLabels = z.infer<typeof AlarmLabels>

export const AlarmName = z.string().min(1).max(1024)

/** One change of one alarm's state, whatever told of it. */
export const AlarmEvent = z.object({
  event_id: z.string().describe('The same for every delivery of the same change by who may speak of the same clusters'),
  source: AlarmSource,
  alarm_name: AlarmName,
  fingerprint: z.string().describe('The same for every change of the same alarm'),
  state: AlarmState,
  previous: AlarmState.nullable().describe('As the source says; null where it does not'),
  state_at: z.string().describe('When the state changed, ISO 8601'),
  region: z.string().nullable(),
  account: z.string().nullable(),
  labels: AlarmLabels,
  title: z.string().nullable(),
  is_muted: z.boolean().describe('Somebody has told the source not to act on this alarm now'),
  raw: z.string().describe('As it came, JSON, cut off where it is long'),
})
export type AlarmEvent = z.infer<typeof AlarmEvent>

/** What a parser finds out; the rest follows. */
export interface AlarmFacts extends Omit<AlarmEvent, 'event_id' | 'fingerprint' | 'raw'> {
  /** What tells this alarm from every other one, in the same words whichever way it comes. */
  identity: unknown
}

/** The event of what a parser found, with its ids. */
export function toAlarmEvent({ identity, ...facts }: AlarmFacts, raw: unknown): AlarmEvent {
  const fingerprint = digestOf(identity)
  return {
    ...facts,
    fingerprint,
    event_id: digestOf([facts.source, fingerprint, facts.state, facts.state_at]),
    title: facts.title?.slice(0, titleCharactersMax) ?? null,
    raw: JSON.stringify(raw).slice(0, rawCharactersMax),
  }
}

/**
 * The event as one that only these clusters' rules are asked about. It has an id of its own, or who may speak of few clusters
 * could bring a change first and keep it from the rules of all others.
 */
export const boundTo = (event: AlarmEvent, clusters: readonly string[] | '*'): AlarmEvent =>
  clusters === '*' ? event : { ...event, event_id: digestOf([event.event_id, ...[...clusters].sort()]) }

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)

/** Members in one order, so that the same labels make the same identity. */
export const inOrder = (labels: AlarmLabels): [string, string][] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
