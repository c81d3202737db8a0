import { GridError } from '../errors.ts'
import { currentMetrics } from '../metrics/current-metrics.ts'
import { preCheck } from '../policy/pre-check.ts'
import type { Needs } from '../ports.ts'
import type { ClusterId } from './cluster.ts'
import type { Dependants, StoredCluster } from './cluster-store.ts'
import { type Asker, asJson, type GuardPorts } from './guard-document.ts'
import { readCluster } from './read-cluster.ts'
import { refuseOtherVersion } from './update-cluster.ts'

/** Lost races after which a removal without If-Match is given up. */
const attemptsMax = 5

export interface Removed {
  message: 'Cluster deleted'
  cluster_id: string
}

/** Why a cluster may not be removed yet, or null when it may (spec/errors-and-gaps.md 34). */
export function removalBlocker(
  { cluster, system }: Pick<StoredCluster, 'cluster' | 'system'>,
  { blockIds, vdagControllerIds, taskIds }: Dependants,
): string | null {
  const reasons = [
    ['absent', 'adopted'].includes(system.infra.state) ? null : `its infrastructure is ${system.infra.state}`,
    hasEntries(cluster.config.urlMap) && system.infra.state === 'absent' ? 'config.urlMap still names services' : null,
    blockIds.length > 0 ? `blocks still run on it: ${named(blockIds)}` : null,
    vdagControllerIds.length > 0 ? `it still has vDAG controllers: ${named(vdagControllerIds)}` : null,
    taskIds.length > 0 ? `tasks are at work on it: ${named(taskIds)}` : null,
  ].filter((reason) => reason !== null)
  return reasons.length > 0 ? reasons.join('; ') : null
}

/** Most ids that a message names. */
const namedMax = 10

const named = (ids: readonly string[]): string =>
  ids.length > namedMax ? `${ids.slice(0, namedMax).join(', ')} and ${ids.length - namedMax} more` : ids.join(', ')

const hasEntries = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0

/**
 * Removes an empty cluster once the policies admit it (spec/gateway-api.md §2, spec/decisions.md 5).
 * @throws {GridError} `cluster.not_found`, `cluster.in_use`, `precondition.failed`, `cluster.changed`, what the policies say
 */
export async function removeCluster(
  ports: Needs<'clusters' | 'summaries' | 'trail'> & GuardPorts,
  { id, ifMatch }: { id: ClusterId; ifMatch: number | null },
  asker: Asker,
): Promise<Removed> {
  for (let attempt = 1; ; attempt++) {
    const stored = await readCluster(ports, id)
    refuseOtherVersion(stored, ifMatch)

    const dependants = await ports.clusters.dependants(id)
    const blocker = removalBlocker(stored, dependants)
    if (blocker) throw inUse(id, blocker, stored, dependants)

    // The pre-check runs last: a policy is never asked about a removal that could not happen anyway.
    await preCheck(ports, {
      action: 'remove_cluster',
      cluster: stored.cluster,
      caller: asker.caller,
      requestId: asker.requestId,
      input: {
        cluster_data: asJson(stored.cluster),
        cluster_metrics: await currentMetrics(ports, id),
        cluster_blocks: dependants.blockIds,
      },
    })

    try {
      await ports.clusters.remove(id, stored.version)
      ports.trail.note({ subject: `cluster ${id}`, before: stored.cluster, after: null })
      ports.log.info('cluster.removed', { clusterId: id, requestId: asker.requestId })
      return { message: 'Cluster deleted', cluster_id: id }
    } catch (error) {
      if (!(error instanceof GridError && error.code === 'cluster.changed')) throw error
      if (ifMatch === null && attempt >= attemptsMax) throw error
    }
  }
}

const inUse = (id: ClusterId, blocker: string, { system }: StoredCluster, dependants: Dependants): GridError =>
  new GridError('cluster.in_use', `the cluster ${id} is still in use: ${blocker}`, {
    details: {
      infra: system.infra.state,
      block_ids: dependants.blockIds,
      vdag_controller_ids: dependants.vdagControllerIds,
      task_ids: dependants.taskIds,
    },
  })
