import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { ExecutorId, ExecutorSystem } from './executor.ts'
import type { StoredExecutor } from './executor-store.ts'
import { findExecutor } from './find-executor.ts'

/** Times a change is decided anew because somebody else wrote in between. */
const attemptsMax = 10

/**
 * Writes what only the system writes about an executor, deciding anew when it changed in between.
 * @throws {GridError} `executor.not_found`; `service.unavailable` when others keep writing in between
 */
export async function changeExecutorSystem(
  ports: Needs<'executors'>,
  id: ExecutorId,
  change: Partial<ExecutorSystem>,
): Promise<StoredExecutor> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = await findExecutor(ports, id)
    try {
      return await ports.executors.replace({ ...stored, system: { ...stored.system, ...change } })
    } catch (error) {
      if (!(error instanceof GridError) || error.code !== 'executor.changed') throw error
    }
  }
  throw new GridError('service.unavailable', `the executor ${id} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
