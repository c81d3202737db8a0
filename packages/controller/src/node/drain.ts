import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { drainPass } from '@gridgate/kube/drain'
import { requireNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { Drained, DrainWishes } from './drain-pass.ts'
import { NodePath, NodeWork } from './node-path.ts'

/** POST /nodes/{node_id}/drain: one polite pass over the pods of a node; repeated by the caller until nothing remains. */
export const drain = endpoint(
  post('/nodes/{node_id}/drain', {
    summary: 'Ask the pods of a node to go, once',
    access: 'service',
    params: NodePath,
    body: NodeWork.extend(DrainWishes.shape),
    returns: Drained,
    errors: ['node.not_found', 'node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { params, body }) => {
    const node = await requireNode(kube, params.node_id, body.uid)
    const pass = await drainPass(kube, node.metadata.name, {
      graceSeconds: body.grace_seconds,
      includeUnmanaged: body.include_unmanaged,
    })
    const [remaining, blocked] = [pass.remaining.length, pass.blocked.length]
    log.info('node.drained', { nodeId: params.node_id, taskId: body.task_id, remaining, blocked })
    return pass
  },
)
