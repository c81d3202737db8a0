import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import { clusterSwitch, ExecutionSwitch } from './execution-switch.ts'

/** The switch that holds for a cluster's own policies, and whose it is. */
export const ClusterExecution = ExecutionSwitch.extend({ source: z.enum(['cluster', 'network']) })
export type ClusterExecution = z.infer<typeof ClusterExecution>

/** @returns with the version of the cluster, whose document its own switch is a part of. @throws {GridError} `cluster.not_found` */
export async function readClusterExecution(
  ports: Needs<'policyExecution' | 'clusters'>,
  id: ClusterId,
  caller: Caller,
): Promise<{ setting: ClusterExecution; version: number }> {
  const stored = inScope(caller, id) ? await ports.clusters.findOutline(id) : null
  if (!stored) throw clusterNotFound(id)
  const own = clusterSwitch(stored.cluster)
  if (own) return { setting: { ...own, source: 'cluster' }, version: stored.version }
  const { setting } = await ports.policyExecution.read()
  return { setting: { ...setting, source: 'network' }, version: stored.version }
}
