import type { Json, JsonObject } from '../aws/service.ts'
import type { EventRecord } from './records.ts'

/** Detail fields that hold an execution's data, left out on request. */
const dataFields = ['input', 'output', 'parameters', 'assignedVariables']

/** Beside an input: nothing is ever cut here. */
export const untruncated: JsonObject = { truncated: false }

export const inputDetails = (input: string): JsonObject => ({ input, inputDetails: untruncated })

export const outputDetails = (output: string): JsonObject => ({ output, outputDetails: untruncated })

/** The variables that a state assigned, none when it has no Assign; values are JSON texts. */
export const assignedDetails = (assigned: Record<string, string> | null): JsonObject =>
  assigned === null ? {} : { assignedVariables: assigned, assignedVariablesDetails: untruncated }

/** An event as GetExecutionHistory shows it (spec/step-functions.md section 1). */
export function historyEvent(event: EventRecord, includeData: boolean): JsonObject {
  return {
    timestamp: event.at / 1_000,
    type: event.type,
    id: event.id,
    previousEventId: event.previous,
    ...(event.details === null ? {} : { [detailsKey(event.type)]: details(event.details, includeData) }),
  }
}

function detailsKey(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails'
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails'
  return `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`
}

function details(text: string, includeData: boolean): JsonObject {
  const all = JSON.parse(text) as JsonObject
  if (includeData) return all
  const kept: [string, Json][] = Object.entries(all).filter(([key]) => !dataFields.includes(key))
  return Object.fromEntries(kept)
}
