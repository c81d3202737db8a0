import { ClusterId } from '@gridgate/core/cluster/cluster'
import { readSettings } from '@gridgate/core/failover/read-settings'
import { FailoverSettings } from '@gridgate/core/failover/settings'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /clusters/{cluster_id}/failover: mode, budgets, windows and freeze of a cluster's failover. */
export const showSettings = endpoint(
  get('/clusters/{cluster_id}/failover', {
    summary: 'Read how failover works on a cluster',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    returns: FailoverSettings,
    errors: ['cluster.not_found'],
  }),
  async (ports: Needs<'failoverSettings' | 'clusters' | 'clock'>, { params, caller }) => {
    const { value, version } = await readSettings(ports, params.cluster_id, caller)
    return new Reply(value, { version })
  },
)

export const handler = lambda(showSettings)
