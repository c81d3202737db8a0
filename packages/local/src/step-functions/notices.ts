import type { Log } from '../aws/log.ts'
import type { Clock } from '../clock.ts'
import { noticeRetryMs } from './limits.ts'
import type { ExecutionRecord, ExecutionStatus } from './records.ts'
import type { Store } from './store.ts'

/** The detail of EventBridge's `Step Functions Execution Status Change`. Dates are milliseconds since 1970. */
export interface ExecutionStatusChange {
  executionArn: string
  stateMachineArn: string
  stateMachineVersionArn: null
  stateMachineAliasArn: null
  name: string
  status: ExecutionStatus
  startDate: number
  stopDate: number | null
  input: string
  inputDetails: { included: boolean }
  output: string | null
  outputDetails: { included: boolean } | null
  error: string | null
  cause: string | null
  redriveCount: number
  redriveDate: null
  redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE'
  redriveStatusReason: string | null
}

type Deliver = (event: ExecutionStatusChange) => unknown

/**
 * Delivers status changes in their order. A notice stays in the store until its delivery has resolved, so it survives
 * the death of the process, and may come twice.
 */
export class Notices {
  private readonly store: Store
  private readonly clock: Clock
  private readonly deliver: Deliver
  private readonly log: Log
  private busy = false
  private closed = false
  private cancelRetry = (): void => {}

  constructor(options: { store: Store; clock: Clock; deliver: Deliver; log: Log }) {
    this.store = options.store
    this.clock = options.clock
    this.deliver = options.deliver
    this.log = options.log
  }

  /** Delivers what waits. */
  kick(): void {
    if (this.busy || this.closed) return
    this.busy = true
    this.cancelRetry()
    this.run().then(
      () => {
        this.busy = false
      },
      (error: unknown) => this.retryLater(error),
    )
  }

  close(): void {
    this.closed = true
    this.cancelRetry()
  }

  private async run(): Promise<void> {
    for (let notice = this.next(); notice; notice = this.next()) {
      const record = this.store.executionById(notice.execution_id)
      if (record) await this.deliver(statusChange(record, notice.status))
      if (!this.closed) this.store.removeNotice(notice.id)
    }
  }

  private next(): ReturnType<Store['firstNotice']> {
    return this.closed ? undefined : this.store.firstNotice()
  }

  private retryLater(error: unknown): void {
    this.busy = false
    if (this.closed) return
    this.log('notice.failed', { reason: String(error) })
    this.cancelRetry = this.clock.at(this.clock.now() + noticeRetryMs, () => this.kick())
  }
}

/** `REDRIVABLE` or not, with the reason, as AWS words it. Redriving itself is not supported here. */
export function redriveStatus(
  status: ExecutionStatus,
): Pick<ExecutionStatusChange, 'redriveStatus' | 'redriveStatusReason'> {
  if (status !== 'RUNNING' && status !== 'SUCCEEDED') return { redriveStatus: 'REDRIVABLE', redriveStatusReason: null }
  const redriveStatusReason = `Execution is ${status} and cannot be redriven`
  return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason }
}

/** The event of an execution's start, or of its end. */
function statusChange(record: ExecutionRecord, status: ExecutionStatus): ExecutionStatusChange {
  const ended = status !== 'RUNNING'
  const output = ended ? record.output : null
  return {
    executionArn: record.arn,
    stateMachineArn: record.machine_arn,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    name: record.name,
    status,
    startDate: record.started_at,
    stopDate: ended ? record.stopped_at : null,
    input: record.input,
    inputDetails: { included: true },
    output,
    outputDetails: output === null ? null : { included: true },
    error: ended ? record.error : null,
    cause: ended ? record.cause : null,
    redriveCount: 0,
    redriveDate: null,
    ...redriveStatus(status),
  }
}
