import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound, readCluster } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import { clusterMap } from './policy-map.ts'

/**
 * The network's policy map, or a cluster's own.
 * @param clusterId null for the network's
 * @throws {GridError} `cluster.not_found`
 */
export async function readPolicyMap(
  ports: Needs<'policyMaps' | 'clusters'>,
  clusterId: ClusterId | null,
  caller: Caller,
): Promise<Record<string, unknown>> {
  if (clusterId === null) return (await ports.policyMaps.read()).map
  if (!inScope(caller, clusterId)) throw clusterNotFound(clusterId)
  return clusterMap((await readCluster(ports, clusterId)).cluster)
}
