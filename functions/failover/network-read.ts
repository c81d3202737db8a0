import { NetworkFailover } from '@gridgate/core/failover/network'
import { readNetworkFailover } from '@gridgate/core/failover/read-settings'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /failover: freeze, breaker and budgets of the whole network. */
export const showNetwork = endpoint(
  get('/failover', {
    summary: 'Read how failover works in the network',
    access: 'viewer',
    returns: NetworkFailover,
  }),
  async (ports: Needs<'failoverSettings' | 'clock'>) => {
    const { value, version } = await readNetworkFailover(ports)
    return new Reply(value, { version })
  },
)

export const handler = lambda(showNetwork)
