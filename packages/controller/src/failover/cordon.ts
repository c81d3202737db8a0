import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { cordonNodes } from '@gridgate/kube/failover/cordon'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodesWork, reportedAs, tally, whereaboutsOf } from './failover-order.ts'

/** POST /failover/cordon: keeps new pods away from the nodes of a pool; cordons that are there stay as they are. */
export const cordonPool = endpoint(
  post('/failover/cordon', {
    summary: 'Keep new pods away from the nodes of a pool',
    access: 'service',
    body: NodesWork,
    returns: reportedAs('cordoned', 'already_ours', 'already_cordoned'),
    errors: ['action.fenced'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { body }) => {
    const mark = { taskId: body.action, fence: body.fence }
    const nodes = await cordonNodes(kube, { nodes: body.nodes, mark, pool: whereaboutsOf(body) })
    log.info('pool.cordoned', { taskId: body.action, ...tally(nodes) })
    return { nodes }
  },
)
