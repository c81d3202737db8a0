import type { StateGraph } from './definition/definition.ts'
import { childGraph, type Frame, type FrameBody, newFrame, stateOf } from './frame.ts'

/** The frames of one execution by path. */
export class FrameTree {
  readonly frames = new Map<string, Frame>()

  /** The frame of the machine itself. */
  get root(): Frame {
    const root = this.frames.get('')
    if (!root) throw new Error('an execution without a frame')
    return root
  }

  find(path: string): Frame | undefined {
    return this.frames.get(path)
  }

  /** Adds the frame of the machine itself (no parent), or one below `parent`. */
  add(parent: Frame | null, graph: StateGraph, body: FrameBody): Frame {
    const path = parent ? `${parent.path}/${body.index}` : ''
    const frame = newFrame({ path, parent, graph }, body)
    this.frames.set(path, frame)
    return frame
  }

  /** Takes all frames below `parent` out; they come back for whoever has to forget them. */
  removeBelow(parent: Frame): Frame[] {
    const gone = parent.children.flatMap((child) => [...this.removeBelow(child), child])
    for (const frame of gone) {
      frame.removed = true
      this.frames.delete(frame.path)
    }
    parent.children = []
    return gone
  }

  /** Brings stored frames back, in the order in which they hang together. */
  revive(machine: StateGraph, stored: readonly { path: string; body: string }[]): void {
    const bodies = stored.map(({ path, body }) => ({ path, body: JSON.parse(body) as FrameBody }))
    bodies.sort((a, b) => depth(a.path) - depth(b.path) || a.body.index - b.body.index)
    for (const { path, body } of bodies) {
      const parent = path === '' ? null : (this.frames.get(path.slice(0, path.lastIndexOf('/'))) ?? null)
      this.add(parent, parent ? childGraph(stateOf(parent), body.index) : machine, body)
    }
  }
}

const depth = (path: string): number => path.split('/').length
