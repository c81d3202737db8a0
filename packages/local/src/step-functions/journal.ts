import type { JsonObject } from '../aws/service.ts'
import type { Frame, FrameBody } from './frame.ts'
import { historyEventsMax } from './limits.ts'
import type { Changes, Ending } from './records.ts'

/** An execution wrote more events than AWS allows. */
export class HistoryFullError extends Error {}

const noChanges = (): Changes => ({ events: [], frames: new Map(), tokens: [], ending: null })

/**
 * What an execution has changed since it was last written: events, frames, tokens and its end. They go into the store
 * in one transaction, so a history and the frames it tells of never part.
 */
export class Journal {
  private changes = noChanges()
  private lastId: number
  private readonly now: () => number

  constructor(lastEventId: number, now: () => number) {
    this.lastId = lastEventId
    this.now = now
  }

  /**
   * Appends an event and returns its id.
   * @throws {HistoryFullError} when only the place for the last event is left
   */
  event(type: string, previous: number, details?: JsonObject): number {
    if (this.lastId >= historyEventsMax - 1 && !this.changes.ending) throw new HistoryFullError()
    const id = ++this.lastId
    const text = details === undefined ? null : JSON.stringify(details)
    this.changes.events.push({ id, previous, at: this.now(), type, details: text })
    return id
  }

  /** Records the frame as it is when the changes are taken. */
  touch(frame: Frame): void {
    this.changes.frames.set(frame.path, '')
  }

  /** Records that the frame is gone. */
  drop(frame: Frame): void {
    this.changes.frames.set(frame.path, null)
  }

  token(token: string, path: string): void {
    this.changes.tokens.push({ token, path })
  }

  end(ending: Ending): void {
    this.changes.ending = ending
  }

  /** Events that wait to be written. */
  get length(): number {
    return this.changes.events.length
  }

  /** Hands over what has changed, or null when nothing has. */
  take(frames: ReadonlyMap<string, Frame>): Changes | null {
    const { changes } = this
    if (changes.events.length === 0 && changes.frames.size === 0 && !changes.ending) return null
    this.changes = noChanges()
    for (const [path, body] of changes.frames) {
      const frame = frames.get(path)
      if (body !== null) changes.frames.set(path, frame ? JSON.stringify(frame.body) : null)
    }
    if (changes.ending) changes.frames.clear()
    return changes
  }

  /** Hands over the first changes of an execution, with its frames as given. */
  takeAll(frames: readonly [string, FrameBody][]): Changes {
    for (const [path, body] of frames) this.changes.frames.set(path, JSON.stringify(body))
    const { changes } = this
    this.changes = noChanges()
    return changes
  }
}
