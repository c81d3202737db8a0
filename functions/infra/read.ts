import { ClusterId } from '@gridgate/core/cluster/cluster'
import { InfraReport, readInfra } from '@gridgate/core/infra/read-infra'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/{cluster_id}/infra: what is there, what should be, and who changed it. */
export const showInfra = endpoint(
  get('/clusters/{cluster_id}/infra', {
    summary: "Compare a cluster's in-cluster services with what they should be",
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    returns: InfraReport,
    errors: ['cluster.not_found'],
  }),
  (ports: Needs<'clusters' | 'controllers' | 'infraPlan'>, { params }) => readInfra(ports, params.cluster_id),
)

export const handler = lambda(showInfra)
