import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { copy, freeze, type KubeObject, keyOf } from './object.ts'
import { expired } from './status-error.ts'

/** One committed write, in the order of revisions. */
export interface Change {
  revision: number
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  storeKey: string
  /** The object after the change; for a deletion its last state, with the deletion's revision. */
  object: KubeObject
  previous: KubeObject | undefined
}

/** How many changes a watch can look back on; older ones are answered with 410. */
const changesMax = 2000
/** The log is cut back to `changesMax` once it is this much longer. */
const changesSlack = 500

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS objects (store_key TEXT, key TEXT, json TEXT NOT NULL, PRIMARY KEY (store_key, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (revision INTEGER PRIMARY KEY, type TEXT, store_key TEXT, json TEXT, previous TEXT);
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`

/** The revision of a `resourceVersion`. */
export const revisionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion)

/**
 * All objects of the cluster and the log of their changes, in one SQLite file. What `put` and `remove` returned survives the
 * process. Objects are handed out frozen and shared.
 */
export class Store {
  readonly #db: DatabaseSync
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  /** Lists in order, until the next write of their kind. */
  readonly #sorted = new Map<string, readonly KubeObject[]>()
  #changes: Change[] = []
  #revision = 0
  #compacted = 0
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #log: StatementSync

  /** @param path a file, or `:memory:` for objects that end with the process. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path)
    this.#db.exec(schema)
    this.#insert = this.#db.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?)')
    this.#delete = this.#db.prepare('DELETE FROM objects WHERE store_key = ? AND key = ?')
    this.#log = this.#db.prepare('INSERT INTO changes VALUES (?, ?, ?, ?, ?)')
    this.#load()
  }

  /** The revision of the latest change; 0 for an empty store. */
  get revision(): number {
    return this.#revision
  }

  /** The object, or undefined. `namespace` is undefined for cluster-wide kinds. */
  get(storeKey: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(storeKey)?.get(namespace ? `${namespace}/${name}` : name)
  }

  /** The objects of one kind, by namespace and name. */
  list(storeKey: string, namespace?: string): KubeObject[] {
    const known = this.#sorted.get(storeKey) ?? sorted(this.#objects.get(storeKey) ?? [])
    this.#sorted.set(storeKey, known)
    return known.filter((object) => !namespace || object.metadata.namespace === namespace)
  }

  /** Every store key that has objects. */
  storeKeys(): string[] {
    return [...this.#objects].filter(([, objects]) => objects.size > 0).map(([key]) => key)
  }

  /** Stores the object under a new revision and returns it as stored. */
  put(storeKey: string, object: KubeObject): KubeObject {
    const key = keyOf(object.metadata)
    const previous = this.#objects.get(storeKey)?.get(key)
    const stored = this.#stamped(object)
    this.#commit({
      revision: this.#revision + 1,
      type: previous ? 'MODIFIED' : 'ADDED',
      storeKey,
      object: stored,
      previous,
    })
    return stored
  }

  /** Removes the object and returns its last state, with the revision of the removal. */
  remove(storeKey: string, object: KubeObject): KubeObject {
    const previous = this.#objects.get(storeKey)?.get(keyOf(object.metadata))
    const stored = this.#stamped(object)
    this.#commit({ revision: this.#revision + 1, type: 'DELETED', storeKey, object: stored, previous })
    return stored
  }

  /**
   * The changes after a revision.
   * @throws {StatusError} 410 when some of them are no longer known.
   */
  changesAfter(revision: number): Change[] {
    this.#assertKnown(revision)
    return this.#changes.filter((change) => change.revision > revision)
  }

  /**
   * The objects of one kind as they were at a revision.
   * @throws {StatusError} 410 when that is no longer known.
   */
  listAt(revision: number, storeKey: string, namespace?: string): KubeObject[] {
    this.#assertKnown(revision)
    const objects = new Map(this.#objects.get(storeKey) ?? [])
    for (const change of this.#changes.filter((each) => each.revision > revision).reverse()) {
      if (change.storeKey !== storeKey) continue
      const key = keyOf(change.object.metadata)
      if (change.previous) objects.set(key, change.previous)
      else objects.delete(key)
    }
    return sorted(objects).filter((object) => !namespace || object.metadata.namespace === namespace)
  }

  /** Calls `listener` after each change, in order; returns what ends that. The listener must not write. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the changes up to and including a revision. */
  compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, Math.min(revision, this.#revision))
    this.#changes = this.#changes.filter((change) => change.revision > this.#compacted)
    this.#db.prepare('DELETE FROM changes WHERE revision <= ?').run(this.#compacted)
    this.#db.prepare("INSERT OR REPLACE INTO facts VALUES ('compacted', ?)").run(this.#compacted)
  }

  /** Closes the file; the store is not usable afterwards. */
  close(): void {
    this.#listeners.clear()
    this.#db.close()
  }

  #stamped(object: KubeObject): KubeObject {
    const stored = copy(object)
    stored.metadata.resourceVersion = String(this.#revision + 1)
    return freeze(stored)
  }

  #commit(change: Change): void {
    const key = keyOf(change.object.metadata)
    const json = JSON.stringify(change.object)
    this.#db.exec('BEGIN')
    try {
      if (change.type === 'DELETED') this.#delete.run(change.storeKey, key)
      else this.#insert.run(change.storeKey, key, json)
      const previous = change.previous ? JSON.stringify(change.previous) : null
      this.#log.run(change.revision, change.type, change.storeKey, json, previous)
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
    this.#revision = change.revision
    this.#changes.push(change)
    this.#remember(change.storeKey, key, change.type === 'DELETED' ? undefined : change.object)
    if (this.#changes.length > changesMax + changesSlack) this.compact(change.revision - changesMax)
    for (const listener of this.#listeners) listener(change)
  }

  #remember(storeKey: string, key: string, object: KubeObject | undefined): void {
    const objects = this.#objects.get(storeKey) ?? new Map<string, KubeObject>()
    this.#objects.set(storeKey, objects)
    this.#sorted.delete(storeKey)
    if (object) objects.set(key, object)
    else objects.delete(key)
  }

  #assertKnown(revision: number): void {
    if (revision < this.#compacted) throw expired(`too old resource version: ${revision} (${this.#compacted + 1})`)
  }

  #load(): void {
    for (const row of this.#db.prepare('SELECT store_key, key, json FROM objects').all())
      this.#remember(String(row.store_key), String(row.key), parse(row.json))
    this.#changes = this.#db
      .prepare('SELECT * FROM changes ORDER BY revision')
      .all()
      .map((row) => ({
        revision: Number(row.revision),
        type: row.type as Change['type'],
        storeKey: String(row.store_key),
        object: parse(row.json),
        previous: row.previous === null ? undefined : parse(row.previous),
      }))
    const compacted = this.#db.prepare("SELECT value FROM facts WHERE name = 'compacted'").get()
    this.#compacted = Number(compacted?.value ?? 0)
    this.#revision = this.#changes.at(-1)?.revision ?? this.#compacted
  }
}

const parse = (json: unknown): KubeObject => freeze(JSON.parse(String(json)) as KubeObject)

const sorted = (objects: Iterable<[string, KubeObject]>): KubeObject[] =>
  [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
