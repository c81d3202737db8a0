import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { openDatabase, rowOf, rowsOf, transaction } from '../aws/database.ts'
import type { Changes, EventRecord, ExecutionRecord, ExecutionStatus, MachineRecord } from './records.ts'
import { schema } from './store-schema.ts'

/** A page of a listing: rows after `after`, at most `limit`. */
export interface Page {
  after: number | null
  limit: number
}

/**
 * The durable state of the service: one SQLite file. Every method is one transaction, so the file always holds a state
 * from which every running execution can go on.
 */
export class Store {
  private readonly db: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()
  private readonly onCommit: () => void

  /** @param onCommit is told after each transaction; a test copies the file there */
  constructor(file: string, onCommit: () => void = () => {}) {
    this.db = openDatabase(file, schema)
    this.onCommit = onCommit
  }

  close(): void {
    this.db.close()
  }

  // Machines

  machine(arn: string): MachineRecord | undefined {
    return this.one<MachineRecord>('SELECT * FROM machine WHERE arn = ?', arn)
  }

  machines(page: Page): (MachineRecord & { place: number })[] {
    return this.all(
      'SELECT rowid AS place, * FROM machine WHERE rowid > ? ORDER BY rowid LIMIT ?',
      page.after ?? 0,
      page.limit,
    )
  }

  /** Writes a machine; `definition` is given when its text is new. */
  saveMachine(machine: Omit<MachineRecord, 'definition_id'> & { definition_id?: number }, definition?: string): void {
    this.write(() => {
      const id = definition === undefined ? machine.definition_id : this.addDefinition(definition)
      this.run(
        `INSERT INTO machine (arn, name, role_arn, definition_id, created_at, updated_at, revision_id, status, tags)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn) DO UPDATE SET role_arn = excluded.role_arn,
         definition_id = excluded.definition_id, created_at = excluded.created_at, updated_at = excluded.updated_at,
         revision_id = excluded.revision_id, status = excluded.status, tags = excluded.tags`,
        machine.arn,
        machine.name,
        machine.role_arn,
        id as number,
        machine.created_at,
        machine.updated_at,
        machine.revision_id,
        machine.status,
        machine.tags,
      )
    })
  }

  private addDefinition(text: string): number {
    return Number(this.run('INSERT INTO definition (text) VALUES (?)', text).lastInsertRowid)
  }

  definition(id: number): string {
    return this.one<{ text: string }>('SELECT text FROM definition WHERE id = ?', id)?.text ?? ''
  }

  /** Removes a machine that has no running execution, with its executions. */
  removeMachine(arn: string): void {
    this.write(() => {
      this.removeExecutions('machine_arn = ?', arn)
      this.run('DELETE FROM machine WHERE arn = ?', arn)
      this.removeUnusedDefinitions()
    })
  }

  /** Removes executions that ended before `time`. */
  removeEnded(time: number): void {
    this.write(() => {
      this.removeExecutions("status <> 'RUNNING' AND stopped_at < ?", time)
      this.removeUnusedDefinitions()
    })
  }

  private removeExecutions(where: string, value: SQLInputValue): void {
    for (const table of ['event', 'frame', 'token', 'notice'])
      this.run(`DELETE FROM ${table} WHERE execution_id IN (SELECT id FROM execution WHERE ${where})`, value)
    this.run(`DELETE FROM execution WHERE ${where}`, value)
  }

  private removeUnusedDefinitions(): void {
    this.run(`DELETE FROM definition WHERE id NOT IN (SELECT definition_id FROM machine)
      AND id NOT IN (SELECT definition_id FROM execution)`)
  }

  // Executions

  execution(arn: string): ExecutionRecord | undefined {
    return this.one<ExecutionRecord>('SELECT * FROM execution WHERE arn = ?', arn)
  }

  executionById(id: number): ExecutionRecord | undefined {
    return this.one<ExecutionRecord>('SELECT * FROM execution WHERE id = ?', id)
  }

  running(): ExecutionRecord[] {
    return this.all("SELECT * FROM execution WHERE status = 'RUNNING' ORDER BY id")
  }

  hasRunning(machineArn: string): boolean {
    return (
      this.one("SELECT 1 FROM execution WHERE machine_arn = ? AND status = 'RUNNING' LIMIT 1", machineArn) !== undefined
    )
  }

  /** Executions of a machine, newest first. */
  executions(machineArn: string, status: ExecutionStatus | null, page: Page): ExecutionRecord[] {
    const filter = status === null ? '' : 'AND status = ?'
    const values: SQLInputValue[] = [machineArn, page.after ?? Number.MAX_SAFE_INTEGER]
    if (status !== null) values.push(status)
    return this.all(
      `SELECT * FROM execution WHERE machine_arn = ? AND id < ? ${filter} ORDER BY id DESC LIMIT ?`,
      ...values,
      page.limit,
    )
  }

  /** Starts an execution: its row, its first changes and the notice that it runs. */
  addExecution(execution: Omit<ExecutionRecord, 'id'>, changes: Changes): ExecutionRecord {
    const columns = Object.keys(execution)
    return this.write(() => {
      const id = Number(
        this.run(
          `INSERT INTO execution (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          ...Object.values(execution),
        ).lastInsertRowid,
      )
      this.applyChanges(id, changes)
      this.addNotice(id, 'RUNNING')
      return { ...execution, id }
    })
  }

  /** Writes what one step of an execution changed. */
  commit(executionId: number, changes: Changes, at: number): void {
    this.write(() => {
      this.applyChanges(executionId, changes)
      const { ending } = changes
      if (!ending) return
      this.run(
        'UPDATE execution SET status = ?, output = ?, error = ?, cause = ?, stopped_at = ? WHERE id = ?',
        ending.status,
        ending.output,
        ending.error,
        ending.cause,
        at,
        executionId,
      )
      this.run('DELETE FROM frame WHERE execution_id = ?', executionId)
      this.addNotice(executionId, ending.status)
    })
  }

  private applyChanges(executionId: number, changes: Changes): void {
    for (const { id, previous, at, type, details } of changes.events)
      this.run('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)', executionId, id, previous, at, type, details)
    for (const [path, body] of changes.frames)
      if (body === null) this.run('DELETE FROM frame WHERE execution_id = ? AND path = ?', executionId, path)
      else this.run('INSERT OR REPLACE INTO frame VALUES (?, ?, ?)', executionId, path, body)
    for (const { token, path } of changes.tokens)
      this.run('INSERT INTO token VALUES (?, ?, ?)', token, executionId, path)
  }

  frames(executionId: number): { path: string; body: string }[] {
    return this.all('SELECT path, body FROM frame WHERE execution_id = ? ORDER BY path', executionId)
  }

  tokenOwner(token: string): { execution_id: number; path: string } | undefined {
    return this.one('SELECT execution_id, path FROM token WHERE token = ?', token)
  }

  // History

  lastEventId(executionId: number): number {
    return (
      this.one<{ id: number | null }>('SELECT max(id) AS id FROM event WHERE execution_id = ?', executionId)?.id ?? 0
    )
  }

  events(executionId: number, reverse: boolean, page: Page): EventRecord[] {
    const after = page.after ?? (reverse ? Number.MAX_SAFE_INTEGER : 0)
    const order = reverse ? 'id < ? ORDER BY id DESC' : 'id > ? ORDER BY id'
    return this.all(`SELECT * FROM event WHERE execution_id = ? AND ${order} LIMIT ?`, executionId, after, page.limit)
  }

  // Notices that an execution changed its status, kept until they are delivered

  private addNotice(executionId: number, status: ExecutionStatus): void {
    this.run('INSERT INTO notice (execution_id, status) VALUES (?, ?)', executionId, status)
  }

  firstNotice(): { id: number; execution_id: number; status: ExecutionStatus } | undefined {
    return this.one('SELECT * FROM notice ORDER BY id LIMIT 1')
  }

  removeNotice(id: number): void {
    this.write(() => this.run('DELETE FROM notice WHERE id = ?', id))
  }

  // Statements

  private write<T>(work: () => T): T {
    const result = transaction(this.db, work)
    this.onCommit()
    return result
  }

  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql)
    if (!statement) {
      statement = this.db.prepare(sql)
      this.statements.set(sql, statement)
    }
    return statement
  }

  private run(sql: string, ...values: SQLInputValue[]): ReturnType<StatementSync['run']> {
    return this.prepared(sql).run(...values)
  }

  private one<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return rowOf<T>(this.prepared(sql), ...values)
  }

  private all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return rowsOf<T>(this.prepared(sql), ...values)
  }
}
