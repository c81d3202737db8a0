import type { Json, JsonObject } from '../aws/service.ts'
import type { Definition, StateGraph } from './definition/definition.ts'
import { errorFields } from './failure.ts'
import { dueAt, type Frame, type FrameBody } from './frame.ts'
import { FrameTimers } from './frame-timers.ts'
import { FrameTree } from './frame-tree.ts'
import { outputDetails } from './history.ts'
import type { Host, Interpreter } from './host.ts'
import { HistoryFullError, Journal } from './journal.ts'
import { commitEventsMax, historyEventsMax } from './limits.ts'
import type { Ending, ExecutionRecord } from './records.ts'

const endEvents = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
} as const

/** The transaction failed; `cause` says why. */
class StoreError extends Error {}

/**
 * One running execution: a tree of frames, a mailbox that takes one message at a time, and a journal. A message changes
 * frames and appends events; then all of that is written in one transaction; only then are services called, timers set
 * and callers answered. So a process that dies at any moment leaves a state to go on from.
 */
export class ExecutionRun {
  readonly host: Host
  readonly record: ExecutionRecord
  readonly definition: Definition
  /** The execution's input. */
  readonly input: Json
  readonly tree = new FrameTree()
  readonly interpreter: Interpreter
  private readonly journal: Journal
  private readonly timers: FrameTimers
  private readonly touched = new Set<Frame>()
  private ready: Frame[] = []
  private effects: (() => void)[] = []
  private mailbox: Promise<void> = Promise.resolve()
  private cancelDeadline = (): void => {}
  /** Whether its last event is written, or about to be. */
  private over = false
  /** Whether the service was closed around it. */
  private closed = false

  constructor(host: Host, interpreter: Interpreter, record: ExecutionRecord, definition: Definition) {
    this.host = host
    this.interpreter = interpreter
    this.record = record
    this.definition = definition
    this.input = JSON.parse(record.input) as Json
    this.journal = new Journal(host.store.lastEventId(record.id), () => host.clock.now())
    this.timers = new FrameTimers(host.clock, (frame) => this.tell(() => this.fire(frame)))
  }

  /** Reads the frames from the store and goes on with them. */
  start(): void {
    this.tree.revive(this.definition, this.host.store.frames(this.record.id))
    const seconds = this.definition.TimeoutSeconds
    if (seconds !== undefined) {
      const timeOut = (): void => this.abort({ status: 'TIMED_OUT', error: null, cause: null })
      this.cancelDeadline = this.host.clock.at(this.record.started_at + seconds * 1_000, () => this.tell(timeOut))
    }
    this.tell(() => {
      for (const frame of this.tree.frames.values()) {
        this.touched.add(frame)
        this.interpreter.resume(this, frame)
      }
    })
  }

  /** Has `work` done after everything before it; settles when what it changed is written. Ended runs do nothing; closed ones reject. */
  post(work: () => void | Promise<void>): Promise<void> {
    const done = this.mailbox.then(() => this.handle(work))
    this.mailbox = done.catch(() => {})
    return done
  }

  /** As `post`, for senders that wait for nothing. */
  tell(work: () => void | Promise<void>): void {
    this.post(work).catch((error: unknown) => this.host.broke(error))
  }

  private async handle(work: () => void | Promise<void>): Promise<void> {
    if (this.over) return
    if (this.closed) throw new StoreError('the service is closed')
    try {
      await work()
      await this.drain()
    } catch (error) {
      if (error instanceof StoreError || this.over) throw error
      const cause =
        error instanceof HistoryFullError
          ? `The execution reached the maximum number of history events (${historyEventsMax}).`
          : `An internal error occurred: ${error}`
      this.end({ status: 'FAILED', output: null, error: 'States.Runtime', cause })
      this.commit()
    }
  }

  /** Steps every frame that can go on, in turn. */
  private async drain(): Promise<void> {
    for (let frame = this.ready.shift(); frame && !this.over && !this.closed; frame = this.ready.shift()) {
      if (frame.removed) continue
      await this.interpreter.step(this, frame)
      if (this.journal.length < commitEventsMax) continue
      this.commit()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.commit()
  }

  /** Writes what has changed, then does what waited for that. */
  private commit(): void {
    if (this.closed) throw new StoreError('the service was closed before this was written')
    const changes = this.journal.take(this.tree.frames)
    try {
      if (changes) this.host.store.commit(this.record.id, changes, this.host.clock.now())
    } catch (cause) {
      this.host.broke(cause)
      throw new StoreError('the store failed', { cause })
    }
    for (const frame of this.touched) this.timers.arm(frame)
    this.touched.clear()
    const { effects } = this
    this.effects = []
    for (const effect of effects) effect()
    if (!changes?.ending) return
    this.close()
    this.host.ended(this)
  }

  private async fire(frame: Frame): Promise<void> {
    const at = frame.removed ? null : dueAt(frame)
    if (at !== null && at <= this.host.clock.now()) await this.interpreter.due(this, frame)
  }

  /** Appends an event and returns its id. */
  event(type: string, previous: number, details?: JsonObject): number {
    return this.journal.event(type, previous, details)
  }

  /** Keeps a task token, so that it is known for as long as the execution is. */
  keepToken(token: string, frame: Frame): void {
    this.journal.token(token, frame.path)
  }

  /** Adds a frame below `parent` and has it stepped. */
  addFrame(parent: Frame, graph: StateGraph, body: FrameBody): void {
    this.enqueue(this.tree.add(parent, graph, body))
  }

  /** Takes all frames below `parent` out of the execution. */
  removeChildren(parent: Frame): void {
    for (const frame of this.tree.removeBelow(parent)) {
      this.journal.drop(frame)
      this.timers.disarm(frame)
    }
  }

  /** Says that the frame has changed. */
  touch(frame: Frame): void {
    this.touched.add(frame)
    this.journal.touch(frame)
  }

  /** Has the interpreter go on with a frame, after those that wait already. */
  enqueue(frame: Frame): void {
    this.touch(frame)
    this.ready.push(frame)
  }

  /** Does something once everything up to here is written. */
  afterCommit(effect: () => void): void {
    this.effects.push(effect)
  }

  /** Ends the execution: its last event is written here. */
  end(ending: Ending, previous = this.tree.root.body.previous): void {
    this.over = true
    this.journal.end(ending)
    const details = ending.output === null ? errorFields(ending) : outputDetails(ending.output)
    this.journal.event(endEvents[ending.status], previous, details)
  }

  /** Ends the execution from outside: the last event points to what the Entered event of the waiting state points to. */
  abort(ending: { status: 'ABORTED' | 'TIMED_OUT'; error: string | null; cause: string | null }): void {
    const { visit, previous } = this.tree.root.body
    for (const frame of this.tree.frames.values()) this.letGo(frame)
    this.end({ ...ending, output: null }, visit.stage.kind === 'ready' ? previous : visit.enteredPrevious)
  }

  /** Stops the execution that a frame's task has started and waits for. */
  letGo(frame: Frame): void {
    const { stage } = frame.body.visit
    const child = stage.kind === 'submitted' ? stage.call.childArn : null
    if (child !== null) this.afterCommit(() => this.host.stopChild(child))
  }

  /** Forgets its timers and takes no more messages; what is stored stays. */
  close(): void {
    this.closed = true
    this.cancelDeadline()
    this.timers.close()
  }
}
