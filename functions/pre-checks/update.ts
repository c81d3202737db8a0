import { ClusterId } from '@gridgate/core/cluster/cluster'
import { PolicyMapChange } from '@gridgate/core/policy/policy-map'
import { updatePolicyMap } from '@gridgate/core/policy/update-policy-map'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { Warning } from '@gridgate/core/warning'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /pre-check-policies/update: merges a change into a policy map. */
export const updatePreChecks = endpoint(
  post('/pre-check-policies/update', {
    operation: 'pre-checks/update',
    cluster: ({ query }) => query.cluster_id,
    summary: "Change the network's policy map, or a cluster's",
    access: 'cluster-manager',
    query: z.object({
      cluster_id: ClusterId.optional(),
      strict: z.enum(['true', 'false']).default('false').describe('Refuse policies that are not registered'),
    }),
    body: PolicyMapChange.describe('Action → policy; what is not named stays, "" or null removes'),
    envelope: false,
    returns: z.object({
      success: z.literal(true),
      map: z.record(z.string(), z.unknown()),
      warnings: z.array(Warning).optional(),
    }),
    errors: [
      'pre_check.unknown_action',
      'pre_check.policy_unknown',
      'pre_check.denied',
      'policy.changed',
      'cluster.not_found',
      'cluster.changed',
      'cluster.too_large',
    ],
  }),
  async (ports: Needs<'clusters' | 'trail' | GuardPort>, { query, body: change, caller, requestId }) => {
    const strict = query.strict === 'true'
    const clusterId = query.cluster_id ?? null
    const { map, warnings } = await updatePolicyMap(ports, { clusterId, change, strict, caller, requestId })
    return { success: true, map, ...(warnings.length > 0 ? { warnings } : {}) }
  },
)

export const handler = lambda(updatePreChecks)
