import type { Page } from '../page.ts'
import type { Executor, ExecutorId, ExecutorSystem } from './executor.ts'

export interface StoredExecutor {
  executor: Executor
  system: ExecutorSystem
  /** Grows by one with every write; the ETag on the wire. */
  version: number
}

/** Port: the registry of policy executors. */
export interface ExecutorStore {
  find(id: ExecutorId): Promise<StoredExecutor | null>
  /** @throws {GridError} `executor.exists` */
  create(executor: Executor): Promise<StoredExecutor>
  /** Replaces what is stored if it still has `version`. @throws {GridError} `executor.changed` */
  replace(stored: StoredExecutor): Promise<StoredExecutor>
  /** @throws {GridError} `executor.changed` */
  remove(id: ExecutorId, version: number): Promise<void>
  /** Executors in the order of their ids, after the one named. */
  list(options: { after: string | null; limit: number }): Promise<Page<StoredExecutor>>
}
