import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { requireNode, uncordonNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodePath, NodeWork } from './node-path.ts'

/** POST /nodes/{node_id}/uncordon: takes the cordon of this task back, and no other. */
export const uncordon = endpoint(
  post('/nodes/{node_id}/uncordon', {
    summary: "Take a task's cordon back",
    access: 'service',
    params: NodePath,
    body: NodeWork,
    returns: z.object({ uncordoned: z.boolean().describe('false: the cordon, if any, is not of this task') }),
    errors: ['node.not_found', 'node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { params, body }) => {
    const node = await requireNode(kube, params.node_id, body.uid)
    const { outcome } = await uncordonNode(kube, node, { taskId: body.task_id })
    const uncordoned = outcome === 'uncordoned'
    log.info('node.uncordoned', { nodeId: params.node_id, taskId: body.task_id, uncordoned })
    return { uncordoned }
  },
)
