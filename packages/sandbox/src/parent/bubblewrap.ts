import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Command } from './child-channel.ts'

/** What a dynamically linked Node needs of the system, where it is there. */
const systemPaths = ['/lib', '/lib64', '/usr/lib', '/usr/lib64']

/** How long the trial run may take; many containers have the program but not the right to make namespaces. */
const trialMsMax = 3_000

/** A command in namespaces of its own: no network, no other processes, only the given paths, all read-only. */
export function bubblewrap(program: string, readable: readonly string[], command: Command): Command {
  const paths = [...systemPaths, process.execPath, ...readable].filter((shown) => existsSync(shown))
  return [
    program,
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...paths.flatMap((shown) => ['--ro-bind', shown, shown]),
    '--chdir',
    '/',
    ...command,
  ]
}

/** The bubblewrap program of this machine, when it is there and works; null otherwise. */
export async function findBubblewrap(searchPath = process.env.PATH ?? ''): Promise<string | null> {
  if (process.platform !== 'linux') return null
  const program = searchPath
    .split(':')
    .map((folder) => path.join(folder, 'bwrap'))
    .find(isExecutable)
  if (!program) return null
  const [file, ...args] = bubblewrap(program, [], [process.execPath, '--version'])
  try {
    await promisify(execFile)(file, args, { timeout: trialMsMax, env: {} })
    return program
  } catch {
    return null
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return path.isAbsolute(file)
  } catch {
    return false
  }
}
