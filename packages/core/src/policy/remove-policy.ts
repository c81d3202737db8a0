import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { findVisible, requireOwner, requireVersion } from './own-policy.ts'
import { type Policy, type PolicyUri, servesCluster } from './policy.ts'
import { clusterMap, namesOf } from './policy-map.ts'

const pageClustersMax = 500
/** Most places that an answer lists. */
const placesMax = 50

/** A map entry that names a policy. */
export interface PolicyUse {
  level: 'network' | 'cluster'
  cluster_id: string | null
  action: string
}

/**
 * Removes a policy that no map names; the map of a cluster that it does not guard is none that could hold it. A map that begins
 * to name it at the same moment is left with an unregistered policy, which admits nothing.
 * @throws {GridError} `policy.in_use` with the places, `policy.not_found`, `policy.changed`, `precondition.failed`, `auth.forbidden`
 */
export async function removePolicy(
  ports: Needs<'policies' | 'policyMaps' | 'clusters' | 'trail'>,
  request: { uri: PolicyUri; ifMatch: number | null; caller: Caller; requestId: string | null },
): Promise<{ message: string; policy_rule_uri: PolicyUri }> {
  const { uri, caller } = request
  const { policy, version } = await findVisible(ports, uri, caller)
  requireOwner(caller, policy.cluster_id)
  ports.trail.about(policy.cluster_id)
  requireVersion({ version }, request.ifMatch)
  const uses = await findUses(ports, policy)
  if (uses.length > 0)
    throw new GridError('policy.in_use', `policy maps name ${uri} in ${uses.length} places`, {
      details: { used_by: uses.slice(0, placesMax) },
    })

  await ports.policies.remove(uri, version)
  ports.trail.note({ subject: `policy ${uri}`, before: policy, after: null })
  return { message: 'Policy deleted', policy_rule_uri: uri }
}

async function findUses(ports: Needs<'policyMaps' | 'clusters'>, policy: Policy): Promise<PolicyUse[]> {
  const uri = policy.policy_rule_uri
  const network = servesCluster(policy, null) ? namesOf((await ports.policyMaps.read()).map, uri) : []
  const uses = network.map((action): PolicyUse => ({ level: 'network', cluster_id: null, action }))
  let after: string | null = null
  do {
    const page = await ports.clusters.list({ after, limit: pageClustersMax })
    for (const { cluster } of page.items.filter((stored) => servesCluster(policy, stored.cluster.id)))
      for (const action of namesOf(clusterMap(cluster), uri))
        uses.push({ level: 'cluster', cluster_id: cluster.id, action })
    after = page.nextCursor
  } while (after !== null)
  return uses
}
