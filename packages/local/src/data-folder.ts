import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** SQLite's own number for a lock that another process holds. */
const sqliteBusy = 5

/** Another process works on this folder. */
export class FolderInUse extends Error {}

/** Nothing can be kept in this folder. */
export class FolderUnusable extends Error {}

export interface DataFolder {
  path: string
  /** True when nothing had ever been kept here. */
  isNew: boolean
  file(name: string): string
  /** Small facts that outlive a start, such as the ports that were used. */
  readFacts(): Facts
  writeFacts(facts: Facts): void
  release(): void
}

export interface Facts {
  awsPort?: number
  kubePort?: number
  ingressPort?: number
  /** Set once the first start got ready, so that its key and tour are shown once. */
  started?: boolean
}

/**
 * Takes a data folder for this process alone. The lock is SQLite's own on an open file, so it goes with the process, however that ends.
 * @throws {FolderInUse}
 * @throws {FolderUnusable}
 */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder)
  const lock = takeLock(path)
  const factsFile = join(path, 'facts.json')
  const readFacts = (): Facts => {
    try {
      return JSON.parse(readFileSync(factsFile, 'utf8')) as Facts
    } catch {
      return {}
    }
  }
  return {
    path,
    isNew: !readFacts().started,
    file: (name) => join(path, name),
    readFacts,
    writeFacts(facts) {
      writeFileSync(`${factsFile}.new`, JSON.stringify(facts))
      renameSync(`${factsFile}.new`, factsFile)
    },
    release: () => lock.close(),
  }
}

function takeLock(path: string): DatabaseSync {
  const lock = openLock(path)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw unusable(path, error)
    throw new FolderInUse(`another Gridgate is running on ${path}; stop it, or give another folder with --data DIR`)
  }
}

function openLock(path: string): DatabaseSync {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return new DatabaseSync(join(path, 'lock.sqlite'), { timeout: 0 })
  } catch (error) {
    throw unusable(path, error)
  }
}

const unusable = (path: string, cause: unknown): FolderUnusable => {
  const why = cause instanceof Error ? cause.message.split(',')[0] : cause
  return new FolderUnusable(`nothing can be kept in ${path} (${why}); give another folder with --data DIR`, { cause })
}
