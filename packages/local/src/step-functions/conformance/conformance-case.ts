import type { Json, JsonObject } from '../../aws/service.ts'

/** What a function of a case answers, call by call; the last answer stands for all further calls. */
export type FunctionAnswer =
  | { payload: Json }
  /** Gives the request back. */
  | { echo: true }
  /** A payload that is a text of this many characters. */
  | { characters: number }
  | { error: { errorType: string; errorMessage: string } }
  /** Answers null once this has settled; only for tests that are not files. */
  | { later: Promise<void> }
  /** Never answers. */
  | { hang: true }

/** What happens from outside while the execution runs, in this order. */
export type Action =
  | { advance: number }
  | { success: string }
  | { failure: { error?: string; cause?: string } }
  | { heartbeat: true }
  | { stop: { error?: string; cause?: string } }

/**
 * One expected history, written by hand from the rule it names. An event is `[id, previousEventId, type, details?]`;
 * the `…Details: {truncated: false}` beside input, output and assignedVariables are left out of the file and demanded by
 * the suite. A detail may be `{"$json": …}`: a JSON text that holds at least this; or `{"$like": "…"}`: a regular expression.
 */
export interface ConformanceCase {
  name: string
  /** Where the rule stands. */
  rule: string
  definition: JsonObject
  /** JSON text. */
  input?: string
  functions?: Record<string, FunctionAnswer[]>
  /** Further machines by name, which the case starts itself. */
  machines?: Record<string, JsonObject>
  actions?: Action[]
  status?: string
  output?: string
  events: [number, number, string, JsonObject?][]
}
