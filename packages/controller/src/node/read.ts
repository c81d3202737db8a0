import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { NodeEntry } from '@gridgate/kube/node-document'
import { requireNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { entryOf } from './node-pages.ts'
import { NodePath } from './node-path.ts'

/** GET /nodes/{node_id}: one node, found by its label `nodeID`, else by its name. */
export const readNode = endpoint(
  get('/nodes/{node_id}', {
    summary: 'Read one node of the cluster',
    access: 'service',
    params: NodePath,
    returns: NodeEntry,
    errors: ['node.not_found', 'node.exists'],
  }),
  async ({ kube }: Pick<ControllerPorts, 'kube'>, { params }) => entryOf(await requireNode(kube, params.node_id)),
)
