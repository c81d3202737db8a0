import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { findNode, removeNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodePath, NodeWork } from './node-path.ts'

/** DELETE /nodes/{node_id}: removes the Node object; one that is gone, or has a successor, is done already. */
export const deleteNode = endpoint(
  del('/nodes/{node_id}', {
    summary: 'Remove the Kubernetes node',
    access: 'service',
    params: NodePath,
    query: NodeWork.pick({ uid: true }),
    returns: z.object({ removed: z.boolean().describe('false: it was gone already') }),
    errors: ['node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { params, query }) => {
    const node = await findNode(kube, params.node_id)
    if (!node || (query.uid !== undefined && node.metadata.uid !== query.uid)) return { removed: false }
    const removed = await removeNode(kube, node)
    log.info('node.removed', { nodeId: params.node_id, uid: node.metadata.uid, removed })
    return { removed }
  },
)
