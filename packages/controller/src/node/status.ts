import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodeHealth } from './node-health.ts'

/** GET /nodes_status: how each node is (spec/metrics.md §5), also under the documented member `nodes_status`. */
export const readNodesStatus = endpoint(
  get('/nodes_status', {
    summary: 'Tell how the nodes are',
    access: 'service',
    returns: z.object({ basis: z.literal('reserved'), nodes_status: z.array(NodeHealth) }),
    errors: ['kube.unreachable'],
  }),
  ({ scanner }: Pick<ControllerPorts, 'scanner'>) => {
    const nodes_status = scanner.nodes()
    return new Reply({ basis: 'reserved', nodes_status }, { beside: { nodes_status } })
  },
)
