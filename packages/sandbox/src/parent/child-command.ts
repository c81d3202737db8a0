import { createRequire } from 'node:module'
import path from 'node:path'
import { places } from '../places.ts'
import type { ChildSettings } from '../wire.ts'
import { bubblewrap } from './bubblewrap.ts'
import type { Command } from './child-channel.ts'

/** JavaScript heap of the process itself, in MB; interpreters have heaps of their own. */
const nodeHeapMbMax = 192

/**
 * The command of a sandbox process: Node with its permission model on (no files but the sandbox's own, no children, no
 * workers), and where a bubblewrap program is given, in namespaces without network.
 */
export function childCommand(settings: ChildSettings, bubblewrapProgram: string | null): Command {
  const readable = readablePaths(settings)
  const node: Command = [
    process.execPath,
    '--permission',
    '--allow-addons',
    ...readable.map((readablePath) => `--allow-fs-read=${readablePath}`),
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    '--disable-proto=delete',
    `--max-old-space-size=${nodeHeapMbMax}`,
    places.child,
    JSON.stringify(settings),
  ]
  return bubblewrapProgram ? bubblewrap(bubblewrapProgram, readable, node) : node
}

/** The sandbox's own code, the two libraries that it runs on, and the snapshot. */
function readablePaths(settings: ChildSettings): string[] {
  return [
    ...places.code,
    places.isolatedVm,
    path.dirname(createRequire(`${places.isolatedVm}/`).resolve('node-gyp-build')),
    settings.pyodideFolder,
    settings.snapshotFile,
    // node-gyp-build looks here for the C library.
    '/etc/alpine-release',
  ]
}
