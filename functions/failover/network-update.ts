import { NetworkChange, NetworkFailover } from '@gridgate/core/failover/network'
import { updateNetworkFailover } from '@gridgate/core/failover/update-network'
import type { Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /failover: freezes the whole network, resumes after the breaker, changes the network's budgets. */
export const changeNetwork = endpoint(
  put('/failover', {
    operation: 'failover/network-update',
    summary: 'Change how failover works in the network',
    access: 'network-admin',
    body: NetworkChange,
    returns: NetworkFailover,
    errors: ['failover.changed', 'precondition.failed'],
  }),
  async (ports: Needs<'failoverSettings' | 'trail' | 'clock' | 'log'>, request) => {
    const { value, version } = await updateNetworkFailover(ports, { ...request, change: request.body })
    return new Reply(value, { version })
  },
)

export const handler = lambda(changeNetwork)
