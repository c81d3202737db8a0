import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { limits } from '../limits.ts'
import { places } from '../places.ts'
import { currentSnapshotKey, isSnapshotOf, snapshotFile } from './snapshot-file.ts'

/** The snapshot file of this Node and these sources. */
export interface SnapshotFound {
  file: string
  /** False when it was there already. */
  built: boolean
}

/**
 * Finds the memory snapshot that interpreters start from, or builds it in a process of its own (about 2 s, once).
 * A file that was cut or belongs to another build is refused and replaced. Throws when the build fails.
 * @param given where it is kept; unless given, it is looked for at its place and built where there may be one
 */
export async function buildSnapshot(given?: string): Promise<SnapshotFound> {
  const key = currentSnapshotKey()
  const kept = [given ?? places.snapshots, given ?? places.newSnapshots].map((folder) => snapshotFile(folder, key))
  const found = kept.find((file) => isSnapshotOf(key, file))
  if (found !== undefined) return { file: found, built: false }
  const folder = given ?? places.newSnapshots
  const file = snapshotFile(folder, key)

  await rm(file, { force: true })
  await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', places.builder, '--write', folder],
    {
      env: {},
      timeout: limits.buildMsMax,
    },
  )
  if (!isSnapshotOf(key, file)) throw new Error(`the snapshot builder did not leave ${file}`)
  return { file, built: true }
}
