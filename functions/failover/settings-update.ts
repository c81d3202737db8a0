import { ClusterId } from '@gridgate/core/cluster/cluster'
import { guardErrors } from '@gridgate/core/errors'
import { FailoverChange, FailoverSettings } from '@gridgate/core/failover/settings'
import { updateSettings } from '@gridgate/core/failover/update-settings'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /clusters/{cluster_id}/failover: changes what is named of a cluster's failover; freezes it and thaws it. */
export const changeSettings = endpoint(
  put('/clusters/{cluster_id}/failover', {
    operation: 'failover/settings-update',
    summary: 'Change how failover works on a cluster',
    access: 'cluster-manager',
    params: z.object({ cluster_id: ClusterId }),
    body: FailoverChange,
    returns: FailoverSettings,
    errors: ['cluster.not_found', 'failover.changed', 'precondition.failed', 'action.in_flight', ...guardErrors],
  }),
  async (ports: Needs<'actions' | 'failoverSettings' | 'calendar' | 'clusters' | 'trail' | GuardPort>, request) => {
    const { params, body: change, ifMatch, caller, requestId } = request
    const asked = { id: params.cluster_id, change, ifMatch }
    const { value, version } = await updateSettings(ports, asked, { caller, requestId })
    return new Reply(value, { version })
  },
)

export const handler = lambda(changeSettings)
