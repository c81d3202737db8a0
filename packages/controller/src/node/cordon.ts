import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { cordonHolder, cordonNode, requireNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodePath, NodeWork } from './node-path.ts'

const Cordoned = z.object({
  uid: z.string(),
  holder: z.string().nullable().describe('the task whose cordon holds; null: a person cordoned the node'),
})

/** POST /nodes/{node_id}/cordon: keeps new pods away, under the mark of the task; a cordon that is there stays as it is. */
export const cordon = endpoint(
  post('/nodes/{node_id}/cordon', {
    summary: 'Keep new pods away from a node',
    access: 'service',
    params: NodePath,
    body: NodeWork,
    returns: Cordoned,
    errors: ['node.not_found', 'node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { params, body }) => {
    const node = await requireNode(kube, params.node_id, body.uid)
    const { node: cordoned } = await cordonNode(kube, node, { taskId: body.task_id })
    const holder = cordonHolder(cordoned)
    log.info('node.cordoned', { nodeId: params.node_id, taskId: body.task_id, holder })
    return { uid: cordoned.metadata.uid ?? '', holder }
  },
)
