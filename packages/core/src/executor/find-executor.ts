import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { ExecutorId } from './executor.ts'
import type { StoredExecutor } from './executor-store.ts'

/** @throws {GridError} `executor.not_found` */
export async function findExecutor(ports: Needs<'executors'>, id: ExecutorId): Promise<StoredExecutor> {
  const stored = await ports.executors.find(id)
  if (!stored) throw new GridError('executor.not_found', `no executor ${id}`)
  return stored
}

/** Compares the If-Match of a request with what is stored. @throws {GridError} `precondition.failed` */
export function requireExecutorVersion({ version }: { version: number }, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === version) return
  throw new GridError('precondition.failed', `the executor is at version ${version}, not ${ifMatch}`)
}
