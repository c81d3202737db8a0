import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/** GET /healthy_nodes: ids of the nodes that are ready (spec/metrics.md §5), also under the documented member `nodes`. */
export const listHealthyNodes = endpoint(
  get('/healthy_nodes', {
    summary: 'List the nodes that are ready',
    access: 'service',
    returns: z.object({ nodes: z.array(z.string()) }),
    errors: ['kube.unreachable'],
  }),
  ({ scanner }: Pick<ControllerPorts, 'scanner'>) => {
    const nodes = scanner.nodes().flatMap(({ node_id, status }) => (status === 'healthy' ? [node_id] : []))
    return new Reply({ nodes }, { beside: { nodes } })
  },
)
