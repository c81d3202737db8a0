import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type Executor, type ExecutorChange, type ExecutorId, executorSystemFields, toExecutor } from './executor.ts'
import type { StoredExecutor } from './executor-store.ts'
import { findExecutor, requireExecutorVersion } from './find-executor.ts'

/**
 * Changes the fields that a body names; the whole entry may be sent, as documented, and what it repeats is no change.
 * @throws {GridError} `executor.not_found`, `field.system_owned`, `address.refused`, `precondition.failed`, `executor.changed`
 */
export async function updateExecutor(
  ports: Needs<'executors' | 'executorClient' | 'trail'>,
  request: {
    id: ExecutorId
    change: ExecutorChange
    ifMatch: number | null
    caller: Caller
    requestId: string | null
  },
): Promise<StoredExecutor> {
  const { id, change, ifMatch } = request
  const stored = await findExecutor(ports, id)
  requireExecutorVersion(stored, ifMatch)
  refuseSystemFields(stored.executor, change)
  const after = toExecutor(stored.executor, change)
  if (after.executor_host_uri !== '') ports.executorClient.requireCallable(after.executor_host_uri)

  const written = await ports.executors.replace({ ...stored, executor: after })
  ports.trail.note({ subject: `executor ${id}`, before: stored.executor, after })
  return written
}

/** @throws {GridError} `field.system_owned` */
function refuseSystemFields(before: Executor, change: ExecutorChange): void {
  const owned = ['executor_id', ...executorSystemFields]
  const changed = owned.filter((name) => Object.hasOwn(change, name) && !isDeepStrictEqual(change[name], before[name]))
  if (changed.length > 0)
    throw new GridError('field.system_owned', `${changed.join(', ')} of an executor is not a caller's to change`, {
      details: { fields: changed },
    })
}
