import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { drainPass } from '@gridgate/kube/drain'
import { cordonNode, removeNode, requireNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { Drained } from './drain-pass.ts'
import { NodePath } from './node-path.ts'

/** Whom the cordon is marked with where no task is behind the call. */
const holder = 'remove-node'

/**
 * DELETE /cluster-actions/remove-node/{node_id}: cordons and drains one pass; called again until nothing remains, it removes
 * the Kubernetes node.
 */
export const removeDrainedNode = endpoint(
  del('/cluster-actions/remove-node/{node_id}', {
    summary: 'Drain a node, and remove it once it is empty',
    access: 'service',
    params: NodePath,
    query: z.object({ include_unmanaged: z.stringbool().default(false) }),
    returns: Drained.extend({ removed: z.boolean() }),
    errors: ['node.not_found', 'node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { params, query }) => {
    const { node } = await cordonNode(kube, await requireNode(kube, params.node_id), { taskId: holder })
    const pass = await drainPass(kube, node.metadata.name, { includeUnmanaged: query.include_unmanaged })
    const removed = pass.remaining.length === 0
    if (removed) await removeNode(kube, node)
    log.info('node.removal', { nodeId: params.node_id, removed, remaining: pass.remaining.length })
    return { removed, ...pass }
  },
)
