import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'

const logCharactersMax = 3000

/** Reads process ids until its input ends, however its parent ends, then kills them and removes the folder. */
const reaperScript =
  'while read -r pid; do pids="$pids $pid"; done; kill -9 $pids 2>/dev/null; [ -n "$KEEP" ] || rm -rf "$0"'

/** Programs that end with this process, and the folder that they work in. */
export interface Processes {
  /** Starts a program; its output goes to `<name>.log` in the folder. */
  run(name: string, args: readonly string[]): void
  /** @throws {Error} with the last words of the first program that has ended */
  requireAlive(): void
  /** Kills the programs and removes the folder (KEEP=1 keeps it): nothing in it is worth a graceful end. */
  stop(): Promise<void>
}

/** Nothing outlives this process, even when it is killed: a child of its own notices and cleans up. */
export function openProcesses(programs: string, folder: string): Processes {
  const reaper = spawn('sh', ['-c', reaperScript, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const children = new Map<string, ChildProcess>()
  const logOf = (name: string): string => join(folder, `${name}.log`)
  return {
    run(name, args) {
      const child = spawn(join(programs, name), args, { stdio: ['ignore', 'pipe', 'pipe'] })
      reaper.stdin.write(`${child.pid}\n`)
      const log = createWriteStream(logOf(name))
      child.stdout.pipe(log)
      child.stderr.pipe(log)
      children.set(name, child)
    },
    requireAlive() {
      for (const [name, { exitCode, signalCode }] of children) {
        if (exitCode === null && signalCode === null) continue
        const said = readFileSync(logOf(name), 'utf8').slice(-logCharactersMax)
        throw new Error(`${name} ended with ${exitCode ?? signalCode}:\n${said}`)
      }
    },
    async stop() {
      if (reaper.exitCode !== null) return
      const ended = once(reaper, 'exit')
      reaper.stdin.end()
      await ended
    },
  }
}
