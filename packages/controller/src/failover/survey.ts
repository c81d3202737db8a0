import { Survey } from '@gridgate/core/action/survey'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { survey } from '@gridgate/kube/failover/survey'
import type { ControllerPorts } from '../controller-ports.ts'
import { Name, PoolWishes } from './failover-order.ts'

/** POST /failover/survey: what an action on a pool, a JobSet or both is planned and checked by. */
export const readSurvey = endpoint(
  post('/failover/survey', {
    summary: 'Look at the target of a failover action',
    access: 'service',
    body: PoolWishes.extend({ namespace: Name.default('default'), jobset_name: Name.nullable().default(null) }),
    returns: Survey,
    errors: ['node.not_found', 'pool.not_found', 'jobset.not_found', 'action.too_large'],
  }),
  ({ kube, settings }: Pick<ControllerPorts, 'kube' | 'settings'>, { body }) =>
    survey(kube, { ...body, clusterId: settings.clusterId }),
)
