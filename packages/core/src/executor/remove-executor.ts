import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { clusterSwitch } from './execution-switch.ts'
import type { ExecutorId } from './executor.ts'
import { findExecutor, requireExecutorVersion } from './find-executor.ts'

const pageClustersMax = 500
/** Most places that an answer lists. */
const placesMax = 50

/**
 * Removes an executor that no switch names and that has nothing left on a cluster. A switch that begins to name it at the same
 * moment names one that is not there, which admits nothing.
 * @throws {GridError} `executor.in_use` with the places, `executor.not_found`, `executor.changed`, `precondition.failed`
 */
export async function removeExecutor(
  ports: Needs<'executors' | 'policyExecution' | 'clusters' | 'trail'>,
  request: { id: ExecutorId; ifMatch: number | null; caller: Caller; requestId: string | null },
): Promise<{ message: string; executor_id: ExecutorId }> {
  const { id, ifMatch } = request
  const { executor, system, version } = await findExecutor(ports, id)
  requireExecutorVersion({ version }, ifMatch)
  if (system.infra !== 'absent')
    throw new GridError('executor.in_use', `the infrastructure of ${id} is still ${system.infra}`, {
      details: { infra: system.infra },
    })
  const uses = await findUses(ports, id)
  if (uses.length > 0)
    throw new GridError('executor.in_use', `policies are run on ${id} in ${uses.length} places`, {
      details: { used_by: uses.slice(0, placesMax) },
    })

  await ports.executors.remove(id, version)
  ports.trail.note({ subject: `executor ${id}`, before: executor, after: null })
  return { message: 'Executor deleted', executor_id: id }
}

/** A switch that names an executor. */
export interface ExecutorUse {
  level: 'network' | 'cluster'
  cluster_id: string | null
}

/** The switches that name an executor. */
export async function findUses(ports: Needs<'policyExecution' | 'clusters'>, id: ExecutorId): Promise<ExecutorUse[]> {
  const network = await ports.policyExecution.read()
  const uses: ExecutorUse[] = network.setting.executor_id === id ? [{ level: 'network', cluster_id: null }] : []
  let after: string | null = null
  do {
    const page = await ports.clusters.list({ after, limit: pageClustersMax })
    for (const { cluster } of page.items)
      if (clusterSwitch(cluster)?.executor_id === id) uses.push({ level: 'cluster', cluster_id: cluster.id })
    after = page.nextCursor
  } while (after !== null)
  return uses
}
