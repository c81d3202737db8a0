import { type Caller, inScope } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { TaskId } from './task.ts'
import type { StoredTask } from './task-store.ts'

/**
 * One task. A task of a cluster outside the caller's scope answers as if it were not there; tasks of no cluster are for
 * callers of the whole network.
 * @throws {GridError} `task.not_found`
 */
export async function readTask(ports: Needs<'tasks'>, id: TaskId, caller: Caller): Promise<StoredTask> {
  const stored = await ports.tasks.find(id)
  if (!stored || !maySee(caller, stored)) throw new GridError('task.not_found', `no task ${id}`)
  return stored
}

const maySee = (caller: Caller, stored: StoredTask): boolean =>
  stored.clusterId === null ? caller.clusters === '*' : inScope(caller, stored.clusterId)
