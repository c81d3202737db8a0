import { randomBytes } from 'node:crypto'
import ivm from 'isolated-vm'
import { limits } from '../limits.ts'
import type { InterpreterFiles } from './interpreter-files.ts'
import { startInterpreter } from './start-interpreter.ts'

/** How a call into an interpreter ended without a reply: the interpreter is gone. */
export type Death = 'timeout' | 'memory' | 'crash'

/** A call ended without a reply. */
export class InterpreterDied extends Error {
  readonly death: Death

  constructor(death: Death, message: string) {
    super(message)
    this.death = death
  }
}

/** What can be called: the functions of python/harness.py. */
export type HarnessFunction = 'load' | 'evaluate' | 'manage' | 'inspect_code'

/** One Python interpreter in one V8 isolate that holds nothing else: no process, require, fetch, files, timers or import. */
export class Interpreter {
  readonly #isolate: ivm.Isolate
  readonly #call: ivm.Reference<(name: string, ...parts: string[]) => string>

  private constructor(isolate: ivm.Isolate, call: ivm.Reference<(name: string, ...parts: string[]) => string>) {
    this.#isolate = isolate
    this.#call = call
  }

  /** Starts one from the memory snapshot; its heap is bounded by the module that `files` was read with. */
  static async start(files: InterpreterFiles, snapshot: ArrayBuffer): Promise<Interpreter> {
    const isolate = newIsolate(limits.scriptHeapMbMax)
    try {
      const context = await startInterpreter(isolate, files, snapshot)
      return new Interpreter(isolate, await context.global.get('gridgateCall', { reference: true }))
    } catch (error) {
      dispose(isolate)
      throw error
    }
  }

  /** Calls the harness and returns its reply. Whatever goes wrong disposes the interpreter and throws InterpreterDied. */
  call(name: HarnessFunction, parts: readonly string[], wallMsMax: number): string {
    try {
      return this.#call.applySync(undefined, [name, ...parts], { timeout: wallMsMax, result: { copy: true } })
    } catch (error) {
      this.dispose()
      throw diagnose(error, wallMsMax)
    }
  }

  dispose(): void {
    dispose(this.#isolate)
  }
}

/** An isolate that ends the process when V8 itself runs out of memory: the parent then starts another. */
export function newIsolate(memoryMbMax: number): ivm.Isolate {
  return new ivm.Isolate({ memoryLimit: memoryMbMax, onCatastrophicError: () => process.abort() })
}

/** Random bytes for the interpreter, in base64: the one host function that it can reach. */
export function randomBase64(bytes: unknown): string {
  return randomBytes(Math.min(Number(bytes) >>> 0, 65_536)).toString('base64')
}

function dispose(isolate: ivm.Isolate): void {
  if (!isolate.isDisposed) isolate.dispose()
}

function diagnose(error: unknown, wallMsMax: number): InterpreterDied {
  const message = error instanceof Error ? error.message : String(error)
  if (/timed out/.test(message)) return new InterpreterDied('timeout', `ran longer than ${wallMsMax} ms`)
  if (/disposed|memory limit|allocation failed|out of memory/i.test(message)) {
    return new InterpreterDied('memory', 'exceeded the memory limit of its sandbox')
  }
  return new InterpreterDied('crash', `the interpreter failed: ${message.slice(0, 200)}`)
}
