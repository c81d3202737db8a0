import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { limits } from '../limits.ts'
import { currentSnapshotKey, defaultSnapshotFolder, isSnapshotOf, snapshotFile } from './snapshot-file.ts'

const builder = path.join(import.meta.dirname, '../build-snapshot.ts')

/** The snapshot file of this Node and these sources. */
export interface SnapshotFound {
  file: string
  /** False when it was there already. */
  built: boolean
}

/**
 * Finds the memory snapshot that interpreters start from, or builds it in a process of its own (about 2 s, once).
 * A file that was cut or belongs to another build is refused and replaced. Throws when the build fails.
 */
export async function buildSnapshot(folder = defaultSnapshotFolder): Promise<SnapshotFound> {
  const key = currentSnapshotKey()
  const file = snapshotFile(folder, key)
  if (isSnapshotOf(key, file)) return { file, built: false }

  await rm(file, { force: true })
  await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', builder, '--write', folder], {
    env: {},
    timeout: limits.buildMsMax,
  })
  if (!isSnapshotOf(key, file)) throw new Error(`the snapshot builder did not leave ${file}`)
  return { file, built: true }
}
