import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/**
 * Opens a service's store and brings its schema in. What a commit has acknowledged survives the death of the process
 * (write-ahead log); like every store without a flush per commit, it may lose the last moments to a power cut.
 */
export function openDatabase(file: string, schema: string): DatabaseSync {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;')
  db.exec(schema)
  return db
}

/** Runs `work` as one transaction: all of it is kept, or nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** The rows of a query in the shape that its author states. */
export function rowsOf<T>(statement: StatementSync, ...values: SQLInputValue[]): T[] {
  return statement.all(...values) as unknown as T[]
}

/** The first row of a query in the shape that its author states. */
export function rowOf<T>(statement: StatementSync, ...values: SQLInputValue[]): T | undefined {
  return statement.get(...values) as unknown as T | undefined
}
