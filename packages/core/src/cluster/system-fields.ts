/**
 * Top-level fields that the system owns (spec/decisions.md 13): what the original's database added, versions, timestamps,
 * infrastructure state. Beside them it owns `id` after creation, and `config.urlMap`.
 */
export const systemFields: readonly string[] = [
  '_id',
  '__v',
  'version',
  'infra',
  'infraState',
  'createdAt',
  'updatedAt',
  'created_at',
  'updated_at',
]
