import { ClusterId } from '@gridgate/core/cluster/cluster'
import { readSettings } from '@gridgate/core/failover/read-settings'
import { Remaining, readRemaining } from '@gridgate/core/failover/remaining'
import { FailoverSettings } from '@gridgate/core/failover/settings'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/**
 * GET /clusters/{cluster_id}/failover: mode, budgets, windows and freeze of a cluster's failover. What is left of the budgets
 * stands beside them, because it is nothing that anybody may set: `data` can be put back as it is.
 */
export const showSettings = endpoint(
  get('/clusters/{cluster_id}/failover', {
    summary: 'Read how failover works on a cluster',
    access: 'viewer',
    params: z.object({ cluster_id: ClusterId }),
    returns: FailoverSettings,
    beside: {
      remaining: z
        .array(Remaining)
        .nullable()
        .describe('null: what was used up cannot be read, so nothing is admitted'),
    },
    errors: ['cluster.not_found'],
  }),
  async (ports: Needs<'failoverSettings' | 'histories' | 'tasks' | 'clusters' | 'clock'>, { params, caller }) => {
    const { value, version } = await readSettings(ports, params.cluster_id, caller)
    const remaining = await readRemaining(ports, params.cluster_id)
    return new Reply(value, { version, beside: { remaining } })
  },
)

export const handler = lambda(showSettings)
