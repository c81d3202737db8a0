import type { ClusterId } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'

/** Most tasks that a message names. */
const namedMax = 10

/**
 * Nodes come and go through the controller, which a removal would take away under them. No task about a node starts while the
 * infra task holds its lock, so none is missed that is looked for after it was taken.
 * @param own the removal itself, once it holds its lock
 * @throws {GridError} `task.running`
 */
export async function refuseNodeTasks(
  ports: Needs<'clusters'>,
  clusterId: ClusterId,
  own: string | null,
): Promise<void> {
  const { taskIds } = await ports.clusters.dependants(clusterId)
  const [first, ...others] = taskIds.filter((id) => id !== own)
  if (first === undefined) return
  const said = [first, ...others].slice(0, namedMax).join(', ')
  throw new GridError('task.running', `tasks are at work on ${clusterId}: ${said}`, {
    details: { task_id: first },
    headers: { location: `/tasks/${first}` },
  })
}
