import type { Json, JsonObject } from '../../aws/service.ts'

/** A state machine definition (Amazon States Language, JSONata only) that `validateDefinition` has accepted. */
export interface Definition extends StateGraph {
  QueryLanguage: 'JSONata'
  TimeoutSeconds?: number
}

/** States of one level: the machine, a branch, or an item processor. */
export interface StateGraph {
  StartAt: string
  States: Record<string, State>
}

export interface Retrier {
  ErrorEquals: string[]
  IntervalSeconds?: number
  MaxAttempts?: number
  BackoffRate?: number
  MaxDelaySeconds?: number
  JitterStrategy?: 'FULL' | 'NONE'
}

export interface Catcher {
  ErrorEquals: string[]
  Next: string
  Output?: Json
  Assign?: JsonObject
}

interface Common {
  Output?: Json
  Assign?: JsonObject
  Next?: string
  End?: true
}

interface Retried {
  Retry?: Retrier[]
  Catch?: Catcher[]
}

export interface PassState extends Common {
  Type: 'Pass'
}

export interface SucceedState extends Common {
  Type: 'Succeed'
}

export interface FailState extends Common {
  Type: 'Fail'
  Error?: string
  Cause?: string
}

export interface WaitState extends Common {
  Type: 'Wait'
  Seconds?: number | string
  Timestamp?: string
}

export interface ChoiceRule {
  Condition: string | boolean
  Next: string
  Output?: Json
  Assign?: JsonObject
}

export interface ChoiceState extends Common {
  Type: 'Choice'
  Choices: ChoiceRule[]
  Default?: string
}

export interface TaskState extends Common, Retried {
  Type: 'Task'
  Resource: string
  Arguments?: Json
  TimeoutSeconds?: number | string
  HeartbeatSeconds?: number | string
}

export interface ParallelState extends Common, Retried {
  Type: 'Parallel'
  Branches: StateGraph[]
  Arguments?: Json
}

export interface MapState extends Common, Retried {
  Type: 'Map'
  ItemProcessor: StateGraph
  Items?: Json
  ItemSelector?: Json
  MaxConcurrency?: number | string
}

export type State =
  | PassState
  | SucceedState
  | FailState
  | WaitState
  | ChoiceState
  | TaskState
  | ParallelState
  | MapState

/** The retriers and catchers of a state, none for states that cannot have any. */
export const handlersOf = (state: State): { retriers: Retrier[]; catchers: Catcher[] } =>
  'Retry' in state || 'Catch' in state
    ? { retriers: state.Retry ?? [], catchers: state.Catch ?? [] }
    : { retriers: [], catchers: [] }
