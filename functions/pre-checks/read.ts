import { ClusterId } from '@gridgate/core/cluster/cluster'
import { readPolicyMap } from '@gridgate/core/policy/read-policy-map'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /pre-check-policies/get: which policy guards which action. */
export const readPreChecks = endpoint(
  get('/pre-check-policies/get', {
    summary: "Read the network's policy map, or a cluster's",
    access: 'viewer',
    query: z.object({ cluster_id: ClusterId.optional() }),
    envelope: false,
    returns: z.object({ success: z.literal(true), map: z.record(z.string(), z.unknown()) }),
    errors: ['cluster.not_found'],
  }),
  async (ports: Needs<'policyMaps' | 'clusters'>, { query, caller }) => ({
    success: true,
    map: await readPolicyMap(ports, query.cluster_id ?? null, caller),
  }),
)

export const handler = lambda(readPreChecks)
