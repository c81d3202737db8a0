import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { type Json, JsonObject } from '../json.ts'
import { managePolicy } from '../policy/manage-policy.ts'
import type { Needs } from '../ports.ts'

/** Body of a management command to a policy (spec/gateway-api.md §9). */
export const PolicyCommand = z.object({ mgmt_action: z.string().min(1).max(256), mgmt_data: JsonObject })
export type PolicyCommand = z.infer<typeof PolicyCommand>

/**
 * Hands a command to the network's policy on nodes; what it changes holds for the next pre-check.
 * @throws {GridError} `cluster.not_found`, `policy.not_found` when nothing guards the action, the `policy.*` code of a failure
 */
export async function manageNodePolicy(
  ports: Needs<'clusters' | 'policyMaps' | 'policies' | 'policyContexts' | 'engine' | 'log'>,
  action: 'add_node' | 'remove_node',
  clusterId: ClusterId,
  { mgmt_action: command, mgmt_data: data }: PolicyCommand,
): Promise<Json> {
  const { cluster } = await readCluster(ports, clusterId)
  const result = await managePolicy(ports, { level: 'network', action, cluster, command, data })
  ports.log.info('policy.managed', { action, command, clusterId })
  return result
}
