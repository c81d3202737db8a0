import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster, SystemChange } from '../cluster/cluster-store.ts'
import type { InfraState } from '../cluster/cluster-system.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { TaskId } from '../task/task.ts'

/** Times a change is decided anew because somebody else wrote in between. */
const attemptsMax = 10

/** What an infra task changes about its cluster. */
export interface InfraChange extends Omit<SystemChange, 'infra'> {
  state: InfraState
}

/**
 * Writes what only the system writes about a cluster, deciding anew when the cluster changed in between.
 * @throws {GridError} `cluster.not_found`; `service.unavailable` when others keep writing in between
 */
export async function changeInfra(
  ports: Needs<'clusters' | 'clock'>,
  id: ClusterId,
  taskId: TaskId,
  decide: (stored: StoredCluster) => InfraChange,
): Promise<StoredCluster> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = await ports.clusters.find(id)
    if (!stored) throw clusterNotFound(id)
    const { state, ...change } = decide(stored)
    const infra = { state, taskId, changedAt: ports.clock.now().toISOString() }
    try {
      return await ports.clusters.writeSystem(id, stored.version, { ...change, infra })
    } catch (error) {
      if (!(error instanceof GridError) || error.code !== 'cluster.changed') throw error
    }
  }
  throw new GridError('service.unavailable', `cluster ${id} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
