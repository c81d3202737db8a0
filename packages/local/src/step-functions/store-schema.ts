/** Tables of the service's one file. Times are milliseconds since 1970; inputs, outputs and details are JSON texts. */
export const schema = `
CREATE TABLE IF NOT EXISTS definition (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS machine (
  arn TEXT PRIMARY KEY, name TEXT NOT NULL, role_arn TEXT NOT NULL, definition_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, revision_id TEXT, status TEXT NOT NULL, tags TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS execution (
  id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, name TEXT NOT NULL,
  status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
  started_at INTEGER NOT NULL, stopped_at INTEGER,
  definition_id INTEGER NOT NULL, role_arn TEXT NOT NULL, revision_id TEXT, updated_at INTEGER NOT NULL,
  started_by TEXT
);
CREATE INDEX IF NOT EXISTS execution_by_machine ON execution (machine_arn, id);
CREATE INDEX IF NOT EXISTS execution_by_status ON execution (status, stopped_at);
CREATE TABLE IF NOT EXISTS event (
  execution_id INTEGER NOT NULL, id INTEGER NOT NULL, previous INTEGER NOT NULL, at INTEGER NOT NULL,
  type TEXT NOT NULL, details TEXT, PRIMARY KEY (execution_id, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS frame (
  execution_id INTEGER NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (execution_id, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
  token TEXT PRIMARY KEY, execution_id INTEGER NOT NULL, path TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_by_execution ON token (execution_id);
CREATE TABLE IF NOT EXISTS notice (
  id INTEGER PRIMARY KEY AUTOINCREMENT, execution_id INTEGER NOT NULL, status TEXT NOT NULL
);
`
