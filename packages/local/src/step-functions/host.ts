import type { Clock } from '../clock.ts'
import type { ExecutionRun } from './execution-run.ts'
import type { FailureFields } from './failure.ts'
import type { Frame } from './frame.ts'
import type { CallAnswer, CallRequest } from './integrations.ts'
import type { ExecutionRecord } from './records.ts'
import type { Store } from './store.ts'

/** What a running execution needs from the service around it. */
export interface Host {
  readonly store: Store
  readonly clock: Clock
  readonly region: string
  /** Calls a service; what goes wrong there is an answer too. Never rejects; never settles once the service is closed. */
  call(request: CallRequest): Promise<CallAnswer>
  /** Tells when the execution with this ARN has ended, at once if it already has. */
  whenEnded(executionArn: string, tell: (ended: ExecutionRecord) => void): void
  /** Stops an execution that a task started. */
  stopChild(executionArn: string): void
  isDeleting(machineArn: string): boolean
  /** The execution has ended and that is written. */
  ended(run: ExecutionRun): void
  /** The store failed: nothing in memory can be trusted any more. */
  broke(error: unknown): void
}

/** The interpreter, as a run sees it: what to do next with a frame. */
export interface Interpreter {
  /** Goes on with a frame that is `ready` or `scheduled`. */
  step(run: ExecutionRun, frame: Frame): Promise<void>
  /** Goes on with a frame whose time has come. */
  due(run: ExecutionRun, frame: Frame): Promise<void>
  /** Takes up a frame after a restart. */
  resume(run: ExecutionRun, frame: Frame): void
  /** A branch or an iteration has reached its end. */
  childDone(run: ExecutionRun, parent: Frame, child: Frame): Promise<void>
  /** A branch or an iteration has failed; its `previous` is the event that says so. */
  childFailed(run: ExecutionRun, parent: Frame, child: Frame, failure: FailureFields): Promise<void>
}
