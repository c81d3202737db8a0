import type { Json, JsonObject } from '../aws/service.ts'
import type { State, StateGraph } from './definition/definition.ts'

/** A task's call, from TaskScheduled until it ends. Times are milliseconds since 1970, values JSON texts. */
export interface Call {
  /** Id of the scheduling event: one number per attempt, by which late answers are told apart. */
  scheduledId: number
  arguments: string
  timeoutAt: number | null
  heartbeatMs: number | null
  heartbeatAt: number | null
  token: string | null
  /** What came through the token before the called service answered. */
  outcome: TokenOutcome | null
  /** The execution that a `.sync:2` task waits for. */
  childArn: string | null
}

export type TokenOutcome =
  | { kind: 'success'; output: string }
  | { kind: 'failure'; error: string | null; cause: string | null }

/** What the state that a frame stands in is waiting for. */
export type Stage =
  /** to be entered */
  | { kind: 'ready' }
  /** entered, with its first attempt under way: seen only while a step is taken */
  | { kind: 'entered' }
  /** Wait: until a moment */
  | { kind: 'waiting'; until: number }
  /** the pause before the next attempt */
  | { kind: 'retrying'; until: number }
  /** Task: scheduled, to be started */
  | { kind: 'scheduled'; call: Call }
  /** Task: the service has been called */
  | { kind: 'calling'; call: Call }
  /** Task: the service has answered, its token or child execution has not */
  | { kind: 'submitted'; call: Call }
  /** Parallel: its branches */
  | { kind: 'branches' }
  /** Map: its iterations; `items` is a JSON text */
  | { kind: 'items'; items: string; concurrency: number }
  /** the frame has ended with this JSON text */
  | { kind: 'done'; output: string }

/** One stay in a state, all attempts included. */
export interface Visit {
  state: string
  /** JSON text. */
  input: string
  stage: Stage
  enteredId: number
  /** The previousEventId of the StateEntered event. */
  enteredPrevious: number
  enteredAt: number
  retryCount: number
  /** Attempts used, per retrier. */
  retriers: number[]
}

/** What is stored of a frame. */
export interface FrameBody {
  /** Number of the branch or item; 0 for the machine itself. */
  index: number
  /** JSON text of the Map item, for the frames of iterations. */
  item: string | null
  /** Id that the next event points to. */
  previous: number
  /** JSON texts by name. */
  variables: Record<string, string>
  visit: Visit
}

/** One run through a graph of states: the machine itself, a branch, or an iteration. */
export interface Frame {
  /** Empty for the machine itself, else the parent's path, a slash, and the index. */
  readonly path: string
  readonly parent: Frame | null
  readonly graph: StateGraph
  children: Frame[]
  body: FrameBody
  /** Set when it no longer takes part; work that was queued for it is dropped. */
  removed: boolean
  /** The parsed input, kept while the text is the same. */
  parsed: { text: string; value: Json } | null
}

/** The visit of a state that is about to be entered. */
export const newVisit = (state: string, input: string): Visit => ({
  state,
  input,
  stage: { kind: 'ready' },
  enteredId: 0,
  enteredPrevious: 0,
  enteredAt: 0,
  retryCount: 0,
  retriers: [],
})

/** Makes a frame and hangs it below its parent. */
export function newFrame(place: { path: string; parent: Frame | null; graph: StateGraph }, body: FrameBody): Frame {
  const frame: Frame = { ...place, children: [], body, removed: false, parsed: null }
  place.parent?.children.push(frame)
  return frame
}

/** The state that a frame stands in. */
export function stateOf(frame: Frame): State {
  const state = frame.graph.States[frame.body.visit.state]
  if (!state) throw new Error(`no state ${frame.body.visit.state}`)
  return state
}

/** The graph that the child with this index runs through. */
export function childGraph(state: State, index: number): StateGraph {
  const graph =
    state.Type === 'Map' ? state.ItemProcessor : state.Type === 'Parallel' ? state.Branches[index] : undefined
  if (!graph) throw new Error(`a ${state.Type} state has no child ${index}`)
  return graph
}

/** The input of the state that a frame stands in. */
export function inputOf(frame: Frame): Json {
  const { input } = frame.body.visit
  if (frame.parsed?.text !== input) frame.parsed = { text: input, value: JSON.parse(input) as Json }
  return frame.parsed.value
}

/** All variables that a frame sees, its own before those of the frames around it. */
export function variablesOf(frame: Frame): JsonObject {
  const visible: JsonObject = frame.parent ? variablesOf(frame.parent) : {}
  for (const [name, text] of Object.entries(frame.body.variables)) visible[name] = JSON.parse(text) as Json
  return visible
}

/** The Map item that a frame works on, the innermost one, or null outside of Map. */
export function itemOf(frame: Frame): { index: number; item: string } | null {
  const { item, index } = frame.body
  if (item !== null) return { index, item }
  return frame.parent ? itemOf(frame.parent) : null
}

/** When a frame is next due by the clock, or null. */
export function dueAt(frame: Frame): number | null {
  const { stage } = frame.body.visit
  if (stage.kind === 'waiting' || stage.kind === 'retrying') return stage.until
  if (stage.kind !== 'scheduled' && stage.kind !== 'calling' && stage.kind !== 'submitted') return null
  const { timeoutAt, heartbeatAt } = stage.call
  if (timeoutAt === null || heartbeatAt === null) return timeoutAt ?? heartbeatAt
  return Math.min(timeoutAt, heartbeatAt)
}
