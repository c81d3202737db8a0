import { createRequire } from 'node:module'
import path from 'node:path'

const sources = import.meta.dirname
const packageFolder = path.dirname(sources)
const require = createRequire(import.meta.url)

/**
 * Where the sandbox's own files are: programs that are started, and what is read. A function's bundle has all of it in one
 * folder, with places of its own (packages/local/src/bundles/policy-folder.ts).
 */
export const places = {
  /** The program of a sandbox process, and the one that takes a memory snapshot. */
  child: path.join(sources, 'child/main.ts'),
  builder: path.join(sources, 'build-snapshot.ts'),
  /** What a sandbox process may read of our own. */
  code: [sources, path.join(packageFolder, 'package.json')],
  /** How an interpreter is started: a snapshot of another way is refused. */
  starter: path.join(sources, 'isolate/start-interpreter.ts'),
  /** What an isolate's empty realm is given first. */
  realm: path.join(sources, 'isolate/realm.js'),
  /** Folder of our Python modules. */
  python: path.join(sources, 'python'),
  /** Folder of the memory snapshots, and where one that is missing is built. */
  snapshots: path.join(packageFolder, '../../node_modules/.cache/gridgate'),
  newSnapshots: path.join(packageFolder, '../../node_modules/.cache/gridgate'),
  /** Folder of the installed Pyodide, and of the library that makes isolates; a sandbox process may not look for them. */
  get pyodide() {
    return path.dirname(require.resolve('pyodide/package.json'))
  },
  get isolatedVm() {
    return path.dirname(require.resolve('isolated-vm/package.json'))
  },
}
