import type { ClusterId } from '../cluster/cluster.ts'
import type { NodeId } from '../cluster/cluster-node.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Lock } from '../task/task-store.ts'

/** What a task about one node holds: of two for one node only one runs, of different nodes as many as there are. */
export const nodeLocks = (clusterId: ClusterId, nodeId: NodeId): Lock[] => [{ name: `node#${nodeId}`, on: clusterId }]

/** What nobody may hold when a task about a node starts: infra tasks bring and take the controller that it works through. */
export const locksAgainstNodes = (clusterId: ClusterId): Lock[] => [{ name: 'infra', on: clusterId }]

/**
 * Told before the policies are asked; the locks looked at with the task's creation are what really keeps two apart.
 * @throws {GridError} `task.running`
 */
export async function refuseBusy(ports: Needs<'tasks'>, clusterId: ClusterId, locks: readonly Lock[]): Promise<void> {
  for (const lock of [...locks, ...locksAgainstNodes(clusterId)]) {
    const holder = await ports.tasks.holder(lock)
    if (holder !== null)
      throw new GridError('task.running', `task ${holder} is working on ${lock.name} of ${clusterId}`, {
        details: { task_id: holder },
        headers: { location: `/tasks/${holder}` },
      })
  }
}
