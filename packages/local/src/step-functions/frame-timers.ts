import type { Clock } from '../clock.ts'
import { dueAt, type Frame } from './frame.ts'

/** One timer per frame that waits for a moment. */
export class FrameTimers {
  private readonly clock: Clock
  private readonly fire: (frame: Frame) => void
  private readonly cancels = new Map<Frame, () => void>()

  constructor(clock: Clock, fire: (frame: Frame) => void) {
    this.clock = clock
    this.fire = fire
  }

  /** Sets the frame's timer to what it waits for now. */
  arm(frame: Frame): void {
    this.disarm(frame)
    const at = frame.removed ? null : dueAt(frame)
    if (at !== null)
      this.cancels.set(
        frame,
        this.clock.at(at, () => this.fire(frame)),
      )
  }

  disarm(frame: Frame): void {
    this.cancels.get(frame)?.()
    this.cancels.delete(frame)
  }

  close(): void {
    for (const cancel of this.cancels.values()) cancel()
    this.cancels.clear()
  }
}
