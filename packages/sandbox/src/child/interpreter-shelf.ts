import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Interpreter } from '../isolate/interpreter.ts'
import type { InterpreterFiles } from '../isolate/interpreter-files.ts'
import type { ChildSettings } from '../wire.ts'

/** How long after a start the next spare waits, so that the call in hand is answered first. */
const spareDelayMs = 50

/**
 * The interpreters of this process: one per key, the least recently used one goes first. As long as there is room, one
 * more stands started in reserve.
 */
export class InterpreterShelf {
  readonly #settings: ChildSettings
  readonly #files: InterpreterFiles
  readonly #held = new Map<string, Interpreter>()
  #spare: Promise<Interpreter> | null = null

  constructor(settings: ChildSettings, files: InterpreterFiles) {
    this.#settings = settings
    this.#files = files
    this.#prepareSpare()
  }

  /** The interpreter of a key, marked as used. */
  find(key: string): Interpreter | undefined {
    const found = this.#held.get(key)
    if (found) {
      this.#held.delete(key)
      this.#held.set(key, found)
    }
    return found
  }

  /** Puts a fresh interpreter on the shelf, in the place of the least recently used one when it is full. */
  async add(key: string): Promise<Interpreter> {
    while (this.#held.size >= this.#settings.interpretersMax) this.#dropOldest()
    const starting = this.#spare ?? this.#start()
    this.#spare = null
    const interpreter = await starting
    this.#held.set(key, interpreter)
    setTimeout(() => this.#prepareSpare(), spareDelayMs)
    return interpreter
  }

  drop(key: string): void {
    this.#held.get(key)?.dispose()
    this.#held.delete(key)
  }

  /** Whether this process has grown so far that it should be replaced. */
  isWorn(): boolean {
    return process.memoryUsage.rss() > this.#settings.processMbMax * 1024 * 1024
  }

  #dropOldest(): void {
    const [oldest] = this.#held.keys()
    if (oldest !== undefined) this.drop(oldest)
  }

  #prepareSpare(): void {
    const isFull = this.#held.size >= this.#settings.interpretersMax
    if (this.#spare || isFull || !this.#settings.spare) return
    this.#spare = this.#start()
    this.#spare.catch(() => {
      this.#spare = null
    })
  }

  #start(): Promise<Interpreter> {
    return Interpreter.start(this.#files, readFrom(this.#settings.snapshotFile, this.#settings.snapshotOffset))
  }
}

/** A file's bytes from an offset on, in memory that can be given away. */
function readFrom(file: string, offset: number): ArrayBuffer {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = new Uint8Array(fstatSync(descriptor).size - offset)
    for (let read = 0; read < bytes.length; ) {
      const count = readSync(descriptor, bytes, read, bytes.length - read, offset + read)
      if (count === 0) throw new Error('the snapshot file ends early')
      read += count
    }
    return bytes.buffer
  } finally {
    closeSync(descriptor)
  }
}
