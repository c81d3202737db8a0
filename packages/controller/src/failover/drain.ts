import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { drainPods } from '@gridgate/kube/drain'
import { bareOf, podsOn } from '@gridgate/kube/failover/pods'
import { presentNodes } from '@gridgate/kube/failover/present-nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { Drained, DrainWishes } from '../node/drain-pass.ts'
import { NodesWork, whereaboutsOf } from './failover-order.ts'

/**
 * POST /failover/drain: one polite pass over the pods of the nodes; repeated by the caller until nothing remains. A node that
 * was replaced is not drained: the pods there are its successor's.
 */
export const drainPool = endpoint(
  post('/failover/drain', {
    summary: 'Ask the pods of the nodes of a pool to go, once',
    access: 'service',
    body: NodesWork.omit({ fence: true }).extend(DrainWishes.shape),
    returns: Drained,
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { body }) => {
    const present = await presentNodes(kube, body.nodes, whereaboutsOf(body))
    const names = [...present.values()].map(({ metadata }) => metadata.name)
    const { grace_seconds: graceSeconds, include_unmanaged: includeUnmanaged } = body
    const pass = await drainPods(kube, await podsOn(kube, names, bareOf), { graceSeconds, includeUnmanaged })
    const [remaining, blocked] = [pass.remaining.length, pass.blocked.length]
    log.info('pool.drained', { taskId: body.action, nodes: names.length, remaining, blocked })
    return pass
  },
)
