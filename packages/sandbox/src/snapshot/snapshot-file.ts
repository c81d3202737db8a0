import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import path from 'node:path'
import { moduleFiles } from '../isolate/interpreter-files.ts'
import { places } from '../places.ts'

/** Where the snapshot's bytes begin; before that stands what it was built for. */
export const snapshotOffset = 512

/** What a snapshot is bound to: it restores function table indexes of exactly this Node, this Pyodide and these scripts. */
export interface SnapshotKey {
  nodeAbi: string
  pyodide: string
  /** sha256 over V8's version and every script and Python module that runs before the snapshot. */
  contents: string
}

/** The key of a snapshot for this Node and these sources. */
export function currentSnapshotKey(): SnapshotKey {
  const { version } = JSON.parse(readFileSync(path.join(places.pyodide, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256').update(`${process.versions.v8}\n`)
  for (const file of [places.realm, places.starter, ...moduleFiles]) hash.update(readFileSync(file))
  return { nodeAbi: process.versions.modules, pyodide: version, contents: hash.digest('hex') }
}

/** The file of a snapshot, named by its key. */
export function snapshotFile(folder: string, key: SnapshotKey): string {
  return path.join(folder, `policy-${key.nodeAbi}-${key.pyodide}-${key.contents.slice(0, 16)}.snapshot`)
}

/** What stands at the beginning of a snapshot file: the whole key and the size, so that a cut or foreign file is seen. */
export function snapshotHeader(key: SnapshotKey, bytes: number): Buffer {
  const header = Buffer.alloc(snapshotOffset, ' ')
  header.write(`${JSON.stringify({ format: 'gridgate-policy-snapshot-1', ...key, bytes })}\n`)
  return header
}

/** Whether a file is a whole snapshot of this key. */
export function isSnapshotOf(key: SnapshotKey, file: string): boolean {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return false
  }
  try {
    const found = Buffer.alloc(snapshotOffset)
    readSync(descriptor, found, 0, snapshotOffset, 0)
    const bytes = fstatSync(descriptor).size - snapshotOffset
    return bytes > 0 && found.equals(snapshotHeader(key, bytes))
  } finally {
    closeSync(descriptor)
  }
}
