import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Outcome {
  code: number
  out: string
  error: string
}

/** A kubectl that works: what it has said so far can be waited for. */
export interface Running {
  done: Promise<Outcome>
  /** Resolves when it has printed the text, as output or error. @throws {Error} when it ends without. */
  says(text: string): Promise<void>
  /** Ends it. */
  stop(): void
}

/** Longest that one command may take, in milliseconds; a drain waits 5 s between its attempts. */
const commandMsMax = 60_000

/** The real kubectl, with one kubeconfig and a cache of its own. */
export class Kubectl {
  readonly #program: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'gridgate-kubectl-'))

  constructor(program: string, kubeconfig: string) {
    this.#program = program
    writeFileSync(join(this.#folder, 'config'), kubeconfig, { mode: 0o600 })
  }

  /** Runs a command whose words hold no spaces; never throws for a failure. */
  run(args: string, input?: string): Promise<Outcome> {
    return this.start(args, input).done
  }

  /** Begins a command. */
  start(args: string, input?: string): Running {
    const env = {
      PATH: process.env.PATH,
      KUBECONFIG: join(this.#folder, 'config'),
      KUBECACHEDIR: join(this.#folder, 'cache'),
    }
    let settle: (outcome: Outcome) => void
    const done = new Promise<Outcome>((resolve) => {
      settle = resolve
    })
    const child = execFile(this.#program, args.split(' '), { env, timeout: commandMsMax }, (error, out, text) =>
      settle({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, error: text }),
    )
    child.stdin?.end(input)
    let said = ''
    const listeners = new Set<() => void>()
    const hear = (chunk: string): void => {
      said += chunk
      for (const listener of listeners) listener()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    const says = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const listener = (): void => {
          if (said.includes(text)) resolve()
        }
        listeners.add(listener)
        listener()
        void done.then((outcome) => reject(new Error(`never said "${text}": ${JSON.stringify(outcome)}`)))
      })
    return { done, says, stop: () => void child.kill() }
  }

  /** Removes the kubeconfig and the cache. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
