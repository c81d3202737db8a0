import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { newIsolate } from '../isolate/interpreter.ts'
import { readInterpreterFiles } from '../isolate/interpreter-files.ts'
import { startInterpreter, takeSnapshot } from '../isolate/start-interpreter.ts'
import { limits } from '../limits.ts'
import { places } from '../places.ts'
import { currentSnapshotKey, snapshotFile, snapshotHeader } from './snapshot-file.ts'

/** JavaScript heap while the snapshot is taken: it holds the whole Python heap twice. */
const buildHeapMbMax = 512

/**
 * Starts Python once from nothing and writes its memory to the snapshot file of this Node and these sources. The file
 * appears whole or not at all; several builders at once end with the same file. Loads the isolate into this process.
 */
export async function writeSnapshot(folder: string): Promise<string> {
  const key = currentSnapshotKey()
  const isolate = newIsolate(buildHeapMbMax)
  const files = readInterpreterFiles(places.pyodide, limits.pythonHeapMbMax)
  const snapshot = await takeSnapshot(await startInterpreter(isolate, files, null))
  isolate.dispose()

  const target = snapshotFile(folder, key)
  const draft = `${target}.${process.pid}.draft`
  await mkdir(path.dirname(target), { recursive: true })
  try {
    await writeFile(draft, Buffer.concat([snapshotHeader(key, snapshot.length), snapshot]))
    await rename(draft, target)
  } finally {
    await rm(draft, { force: true })
  }
  return target
}
