import type { Json } from '@gridgate/core/json'

export interface Key {
  pk: string
  sk: string
}

/** One row: its key, its place in a list, and plain JSON attributes. `ttl` is in Unix seconds. */
export type Item = Key & {
  listPk?: string
  listSk?: string
  ttl?: number
  [attribute: string]: Json | Uint8Array | undefined
}

/** What must be true of a row for a write to happen. */
export type Condition = 'absent' | 'present' | { equals: Record<string, string | number | boolean> }

export type Write =
  | { put: Item; when?: Condition }
  | { remove: Key; when?: Condition }
  | { check: Key; when: Condition }

export interface Query {
  /** Rows of one partition, or of one list. */
  from: { pk: string } | { list: string }
  /** Only sort keys that start so. */
  prefix?: string
  /** Only sort keys from the first to the second, both included. Not together with `prefix`. */
  between?: readonly [string, string]
  /** Only sort keys after this one (before it, when `newestFirst`), itself excluded. */
  after?: string
  limit?: number
  newestFirst?: boolean
}

/** Says which of the writes was refused by its condition. */
export class ConditionFailed extends Error {
  /** Positions in the list of writes. */
  readonly failed: readonly number[]

  constructor(failed: readonly number[]) {
    super(`condition of write ${failed.join(', ')} not met`)
    this.name = 'ConditionFailed'
    this.failed = failed
  }
}

/**
 * The few operations every repository is written with; implemented on DynamoDB, and in memory for tests,
 * with one contract suite for both.
 */
export interface Store {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | null>
  /** Strongly consistent in a partition; lists may lag a little behind on AWS. */
  query(query: Query): Promise<{ items: Item[]; more: boolean }>
  /** All of the writes or none; at most 100. @throws {ConditionFailed} */
  write(...writes: Write[]): Promise<void>
  /**
   * Puts the row's attributes and adds the amounts to its numbers, which begin at 0, whoever else does so at the time. Each call
   * counts: it is not safe to run again.
   * @returns the sums
   */
  add(row: Item, amounts: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>>
  /** Many unconditional writes, in batches, not atomic; safe to run again. */
  writeMany(writes: ({ put: Item } | { remove: Key })[]): Promise<void>
}
