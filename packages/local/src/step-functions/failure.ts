import type { JsonObject } from '../aws/service.ts'

/** Why a state failed. `error` and `cause` are null where there is nothing to say. */
export interface FailureFields {
  error: string | null
  cause: string | null
  /** A passed TimeoutSeconds or a missed heartbeat. */
  timedOut?: 'timeout' | 'heartbeat'
  /** The expression's place in the state, when an expression is to blame. */
  query?: { location: string | null }
}

/** A failure of a state, on its way to Retry, Catch or the end of the execution. */
export class Failure extends Error {
  readonly fields: FailureFields

  constructor(fields: FailureFields) {
    super(`${fields.error}: ${fields.cause}`)
    this.fields = fields
  }
}

/** Failures that end the execution whatever its catchers say (spec/step-functions.md section 6). */
export const runtimeFailure = (cause: string): Failure => new Failure({ error: 'States.Runtime', cause })

/** What is larger than `payloadBytesMax`; `what` is a state's name, a service, or a function ARN. */
export const dataLimitFailure = (what: string): Failure =>
  new Failure({
    error: 'States.DataLimitExceeded',
    cause: `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  })

/**
 * Whether an `ErrorEquals` list names the failure: spec/step-functions.md section 6. `States.ALL` also matches an empty
 * error and `States.DataLimitExceeded` (both recorded); nothing matches `States.Runtime`.
 */
export function matches(errorEquals: readonly string[], failure: FailureFields): boolean {
  const { error } = failure
  if (error === 'States.Runtime') return false
  return errorEquals.some((name) => {
    if (name === 'States.ALL') return true
    if (error === null) return false
    if (name === error) return true
    if (name === 'States.HeartbeatTimeout') return failure.timedOut === 'heartbeat'
    return name === 'States.TaskFailed' && error !== 'States.Timeout'
  })
}

/** `$states.errorOutput`: both keys always; the cause of a timeout is an empty text. */
export const errorOutput = ({ error, cause, timedOut }: FailureFields): JsonObject => ({
  Error: error,
  Cause: cause ?? (timedOut ? '' : null),
})

/** The fields that are set, as the events and DescribeExecution show them. */
export const errorFields = ({ error, cause }: Pick<FailureFields, 'error' | 'cause'>): JsonObject => ({
  ...(error === null ? {} : { error }),
  ...(cause === null ? {} : { cause }),
})
