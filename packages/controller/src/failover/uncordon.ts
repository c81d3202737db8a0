import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { uncordonNodes } from '@gridgate/kube/failover/cordon'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodesWork, reportedAs, tally, whereaboutsOf } from './failover-order.ts'

/** POST /failover/uncordon: takes the cordons of this action back, and no others. */
export const uncordonPool = endpoint(
  post('/failover/uncordon', {
    summary: 'Take the cordons of an action back',
    access: 'service',
    body: NodesWork,
    returns: reportedAs('uncordoned', 'not_ours', 'held', 'was_schedulable'),
    errors: ['action.fenced'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { body }) => {
    const mark = { taskId: body.action, fence: body.fence }
    const nodes = await uncordonNodes(kube, { nodes: body.nodes, mark, pool: whereaboutsOf(body) })
    log.info('pool.uncordoned', { taskId: body.action, ...tally(nodes) })
    return { nodes }
  },
)
