import type { DatabaseSync } from 'node:sqlite'
import { rowOf, rowsOf } from '../aws/database.ts'
import type { JsonObject } from '../aws/service.ts'

/** A rule of the default bus. Times are milliseconds since 1970. */
export interface Rule {
  name: string
  pattern: JsonObject | null
  schedule: string | null
  isEnabled: boolean
  description: string
  /** When a scheduled rule runs next; null for others. */
  dueAt: number | null
}

/** Where a rule sends its events. */
export interface Target {
  Id: string
  Arn: string
  Input?: string
  InputPath?: string
  SqsParameters?: { MessageGroupId: string }
}

interface RuleRow {
  name: string
  pattern: string | null
  schedule: string | null
  enabled: number
  description: string
  due_at: number | null
}

const schema = `
CREATE TABLE IF NOT EXISTS rules(
  name TEXT PRIMARY KEY, pattern TEXT, schedule TEXT, enabled INTEGER NOT NULL, description TEXT NOT NULL, due_at INTEGER);
CREATE TABLE IF NOT EXISTS targets(rule TEXT NOT NULL, id TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY(rule, id));`

/** Rules and their targets. */
export interface RuleStore {
  find(name: string): Rule | undefined
  all(): Rule[]
  put(rule: Rule): void
  remove(name: string): void
  targets(rule: string): Target[]
  putTarget(rule: string, target: Target): void
  /** Whether there was such a target. */
  removeTarget(rule: string, id: string): boolean
}

/** Opens the rules of a store. */
export function openRuleStore(db: DatabaseSync): RuleStore {
  db.exec(schema)
  const select = db.prepare('SELECT * FROM rules WHERE name=?')
  const selectAll = db.prepare('SELECT * FROM rules ORDER BY name')
  const put = db.prepare('INSERT OR REPLACE INTO rules VALUES(?,?,?,?,?,?)')
  const remove = db.prepare('DELETE FROM rules WHERE name=?')
  const selectTargets = db.prepare('SELECT target FROM targets WHERE rule=? ORDER BY id')
  const putTarget = db.prepare('INSERT OR REPLACE INTO targets VALUES(?,?,?)')
  const removeTarget = db.prepare('DELETE FROM targets WHERE rule=? AND id=?')
  return {
    find(name) {
      const row = rowOf<RuleRow>(select, name)
      return row && ruleOf(row)
    },
    all: () => rowsOf<RuleRow>(selectAll).map(ruleOf),
    put(rule) {
      const pattern = rule.pattern && JSON.stringify(rule.pattern)
      put.run(rule.name, pattern, rule.schedule, Number(rule.isEnabled), rule.description, rule.dueAt)
    },
    remove: (name) => void remove.run(name),
    targets: (rule) =>
      rowsOf<{ target: string }>(selectTargets, rule).map(({ target }) => JSON.parse(target) as Target),
    putTarget: (rule, target) => void putTarget.run(rule, target.Id, JSON.stringify(target)),
    removeTarget: (rule, id) => removeTarget.run(rule, id).changes > 0,
  }
}

const ruleOf = (row: RuleRow): Rule => ({
  name: row.name,
  pattern: row.pattern === null ? null : (JSON.parse(row.pattern) as JsonObject),
  schedule: row.schedule,
  isEnabled: row.enabled === 1,
  description: row.description,
  dueAt: row.due_at,
})
