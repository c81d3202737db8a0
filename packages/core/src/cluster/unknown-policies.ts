import { toPolicyAction } from '../policy/actions.ts'
import { PolicyUri, servesCluster } from '../policy/policy.ts'
import { clusterMap, uriOf } from '../policy/policy-map.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { Cluster } from './cluster.ts'
import { pointerStep } from './invalid-document.ts'

/**
 * A warning for each policy in a cluster's own map that is not registered for it: until it is, its action is stopped
 * (spec/decisions.md 20).
 */
export async function unknownPolicies(ports: Needs<'policies'>, cluster: Cluster): Promise<Warning[]> {
  const found = await Promise.all(
    Object.entries(clusterMap(cluster)).map(async ([name, value]): Promise<Warning | null> => {
      const action = toPolicyAction(name)
      const uri = PolicyUri.safeParse(uriOf(value))
      if (action === null || !uri.success) return null
      const stored = await ports.policies.find(uri.data)
      if (stored && servesCluster(stored.policy, cluster.id)) return null
      const detail = `the policy ${uri.data} is not registered; until it is, ${action} answers 503 policy.not_found`
      return { code: 'pre_check.policy_unknown', detail, pointer: `/config/actionsPolicyMap${pointerStep(name)}` }
    }),
  )
  return found.filter((warning) => warning !== null)
}
