import type { Log } from '../aws/log.ts'
import { AwsError } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import { executionArn, type Place } from './arns.ts'
import type { Definition } from './definition/definition.ts'
import { ExecutionRun } from './execution-run.ts'
import { type FrameBody, newVisit } from './frame.ts'
import { inputDetails } from './history.ts'
import type { Host } from './host.ts'
import { type CallAnswer, type Caller, type CallRequest, callService, type Integrations } from './integrations.ts'
import { interpreter } from './interpreter.ts'
import { Journal } from './journal.ts'
import { retentionMs, startsPerCleaning } from './limits.ts'
import type { Notices } from './notices.ts'
import type { Changes, ExecutionRecord, MachineRecord } from './records.ts'
import type { Store } from './store.ts'
import { parseStored } from './validate-definition.ts'

/** What starts an execution. */
export interface Start {
  machine: MachineRecord
  name: string
  /** JSON text. */
  input: string
  /** The task that starts it, if one does. */
  starter: string | null
}

/** All running executions and what they need: the store, the clock, the services around. */
export class Engine implements Host {
  readonly store: Store
  readonly clock: Clock
  readonly region: string
  private readonly caller: Caller
  private readonly notices: Notices
  private readonly log: Log
  private readonly runs = new Map<string, ExecutionRun>()
  private readonly watchers = new Map<string, ((ended: ExecutionRecord) => void)[]>()
  private readonly closing = new AbortController()
  private broken = false
  private starts = 0

  constructor(options: {
    store: Store
    clock: Clock
    place: Place
    integrations: Integrations
    notices: Notices
    log: Log
  }) {
    const { store, clock, place, integrations, notices, log } = options
    this.store = store
    this.clock = clock
    this.region = place.region
    this.notices = notices
    this.log = log
    const startChild: Caller['startChild'] = (child) => this.startChild(child)
    this.caller = { integrations, signal: this.closing.signal, place, startChild }
  }

  /** Goes on with every execution that the store says is running. */
  resume(): void {
    const runs = this.store
      .running()
      .filter(({ arn }) => !this.runs.has(arn))
      .map((record) => this.register(record))
    for (const run of runs) run.start()
    this.notices.kick()
  }

  private register(record: ExecutionRecord): ExecutionRun {
    const definition = parseStored(this.store.definition(record.definition_id))
    const run = new ExecutionRun(this, interpreter, record, definition)
    this.runs.set(record.arn, run)
    return run
  }

  /**
   * Starts an execution, or finds the one that runs under this name with the same input (spec/step-functions.md section 8).
   * @throws {AwsError} ExecutionAlreadyExists
   */
  start({ machine, name, input, starter }: Start): ExecutionRecord {
    const arn = executionArn(machine.arn, name)
    const known = this.store.execution(arn)
    if (known) {
      const same = known.status === 'RUNNING' && known.input === input
      if (same || (starter !== null && known.started_by === starter)) return known
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`)
    }
    if (++this.starts % startsPerCleaning === 0) this.store.removeEnded(this.clock.now() - retentionMs)
    const definition = parseStored(this.store.definition(machine.definition_id))
    const record = this.store.addExecution(
      {
        arn,
        machine_arn: machine.arn,
        name,
        status: 'RUNNING',
        input,
        output: null,
        error: null,
        cause: null,
        started_at: this.clock.now(),
        stopped_at: null,
        definition_id: machine.definition_id,
        role_arn: machine.role_arn,
        revision_id: machine.revision_id,
        updated_at: machine.updated_at,
        started_by: starter,
      },
      this.firstChanges(machine, definition, input),
    )
    this.register(record).start()
    this.notices.kick()
    return record
  }

  /** ExecutionStarted and the frame of the machine itself, whose first Entered event points to 0, not to it (recorded). */
  private firstChanges(machine: MachineRecord, definition: Definition, input: string): Changes {
    const journal = new Journal(0, () => this.clock.now())
    journal.event('ExecutionStarted', 0, { ...inputDetails(input), roleArn: machine.role_arn })
    const visit = newVisit(definition.StartAt, input)
    const body: FrameBody = { index: 0, item: null, previous: 0, variables: {}, visit }
    return journal.takeAll([['', body]])
  }

  private startChild({ stateMachineArn, name, input, starter }: Parameters<Caller['startChild']>[0]): {
    executionArn: string
    startedAt: number
  } {
    const machine = this.store.machine(stateMachineArn)
    if (machine?.status !== 'ACTIVE')
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`)
    const record = this.start({ machine, name, input, starter })
    return { executionArn: record.arn, startedAt: record.started_at }
  }

  /** The execution with this ARN, as long as it runs; taken up again if nobody has asked for `resume` yet. */
  find(arn: string): ExecutionRun | undefined {
    const known = this.runs.get(arn)
    const record = known ? undefined : this.store.execution(arn)
    if (record?.status !== 'RUNNING') return known
    const run = this.register(record)
    run.start()
    return run
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    const answer = await callService(this.caller, request)
    // What comes after the service was closed is for the next process to ask again.
    return this.closing.signal.aborted ? new Promise<never>(() => {}) : answer
  }

  whenEnded(arn: string, tell: (ended: ExecutionRecord) => void): void {
    const record = this.store.execution(arn)
    if (record && record.status !== 'RUNNING') tell(record)
    else this.watchers.set(arn, [...(this.watchers.get(arn) ?? []), tell])
  }

  stopChild(arn: string): void {
    const run = this.find(arn)
    run?.tell(() => run.abort({ status: 'ABORTED', error: null, cause: null }))
  }

  isDeleting(machineArn: string): boolean {
    return this.store.machine(machineArn)?.status === 'DELETING'
  }

  ended(run: ExecutionRun): void {
    const { arn, machine_arn: machine } = run.record
    this.runs.delete(arn)
    const record = this.store.execution(arn)
    const watchers = this.watchers.get(arn) ?? []
    this.watchers.delete(arn)
    if (record) for (const tell of watchers) tell(record)
    this.notices.kick()
    if (this.isDeleting(machine) && !this.store.hasRunning(machine)) this.store.removeMachine(machine)
  }

  broke(error: unknown): void {
    if (this.closing.signal.aborted) return
    this.broken = true
    this.log('store.failed', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    this.close()
  }

  /** Whether its memory and its store have parted, so that it takes no more calls. */
  get isBroken(): boolean {
    return this.broken
  }

  /** Stops everything where it stands; the store keeps it for the next process. */
  close(): void {
    this.closing.abort()
    this.notices.close()
    for (const run of this.runs.values()) run.close()
    this.runs.clear()
  }
}
