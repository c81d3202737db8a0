/** One state machine, as stored. Times are milliseconds since 1970. */
export interface MachineRecord {
  arn: string
  name: string
  role_arn: string
  definition_id: number
  created_at: number
  updated_at: number
  /** Null until the first update. */
  revision_id: string | null
  status: 'ACTIVE' | 'DELETING'
  /** JSON text of the tags by key. */
  tags: string
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT'

/** One execution, as stored. Times are milliseconds since 1970, input and output JSON texts. */
export interface ExecutionRecord {
  id: number
  arn: string
  machine_arn: string
  name: string
  status: ExecutionStatus
  input: string
  output: string | null
  error: string | null
  cause: string | null
  started_at: number
  stopped_at: number | null
  definition_id: number
  role_arn: string
  revision_id: string | null
  /** When the definition that it runs was last changed. */
  updated_at: number
  /** The task that started it, as `taskKey` writes it, or null. */
  started_by: string | null
}

/** One event of a history, as stored; `details` is the JSON text of the type's details object. */
export interface EventRecord {
  id: number
  previous: number
  at: number
  type: string
  details: string | null
}

/** How an execution ended. */
export interface Ending {
  status: Exclude<ExecutionStatus, 'RUNNING'>
  output: string | null
  error: string | null
  cause: string | null
}

/** Everything that one step of an execution changes; written in one transaction. */
export interface Changes {
  events: EventRecord[]
  /** Frames to write, by path; null removes. */
  frames: Map<string, string | null>
  tokens: { token: string; path: string }[]
  ending: Ending | null
}
