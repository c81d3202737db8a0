import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { limits } from '../limits.ts'
import { LineReader } from '../line-reader.ts'
import { type CallRequest, ChildMessage } from '../wire.ts'

/** How much of a child's error output is kept for the log. */
const errorCharsMax = 2_000

/** The program of a child and its arguments. */
export type Command = readonly [string, ...string[]]

/** What a child does, as its owner hears it. */
export interface ChildListener {
  onMessage(message: ChildMessage): void
  /** The child is gone or was ended for breaking the protocol; nothing follows. */
  onEnd(reason: string): void
}

/** Glibc settings, so that memory of a finished interpreter goes back to the system: the only environment a child has. */
const environment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '131072' }

/** A sandbox process and the lines to and from it. Every byte that comes from it is taken for hostile. */
export class ChildChannel {
  readonly exited: Promise<void>
  readonly #child: ReturnType<typeof launch>
  readonly #listener: ChildListener
  #ended = false
  #errors = ''

  constructor(command: Command, listener: ChildListener) {
    this.#listener = listener
    this.#child = launch(command)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.exited = promise
    this.#child.on('error', (error) => {
      this.#end(`the sandbox process did not start: ${error.message}`)
      resolve()
    })
    this.#child.on('close', (code, signal) => {
      this.#end(`the sandbox process ended (${code ?? signal}) ${this.#errors}`.trimEnd())
      resolve()
    })
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      this.#errors = (this.#errors + piece).slice(-errorCharsMax)
    })
    this.#readLines(this.#child.stdout)
  }

  get processId(): number | undefined {
    return this.#child.pid
  }

  send(request: CallRequest): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
  }

  /** Ends the process at once; the listener hears no more. */
  kill(): void {
    this.#ended = true
    this.hold(true)
    this.#child.kill('SIGKILL')
  }

  /** Whether this process keeps its parent alive: it should only while it has work. */
  hold(isHeld: boolean): void {
    const { stdin, stdout, stderr } = this.#child
    for (const part of [this.#child, stdin, stdout, stderr] as { ref(): void; unref(): void }[]) {
      if (isHeld) part.ref()
      else part.unref()
    }
  }

  #readLines(stdout: Readable): void {
    const reader = new LineReader(limits.lineCharsMax)
    stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (this.#ended) return
      try {
        for (const line of reader.push(piece)) {
          const message = ChildMessage.parse(JSON.parse(line))
          if (!this.#ended) this.#listener.onMessage(message)
        }
      } catch {
        this.#end('the sandbox process broke its protocol and was ended')
        this.kill()
      }
    })
  }

  #end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#listener.onEnd(reason)
  }
}

function launch([program, ...args]: Command) {
  return spawn(program, args, { env: environment, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
}
