import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { watchRestart } from '@gridgate/kube/failover/watch-restart'
import type { ControllerPorts } from '../controller-ports.ts'
import { Name, Pods, Uid } from './failover-order.ts'

const Seen = z.object({
  has_restarted: z.boolean(),
  restarts: z.number().int(),
  pods_ready: z.object({ ready: z.number().int(), total: z.number().int() }),
  detail: z.string(),
})

/** POST /failover/watch-restart: whether a JobSet has restarted by now, and how many of its pods are ready. */
export const readRestart = endpoint(
  post('/failover/watch-restart', {
    summary: 'Look whether a JobSet has restarted',
    access: 'service',
    body: z.object({
      namespace: Name,
      jobset_name: Name,
      jobset_uid: Uid,
      restarts_before: z.number().int().min(0),
      pods: Pods.describe('the leaders that were evicted'),
    }),
    returns: Seen,
    errors: ['jobset.not_found'],
  }),
  ({ kube }: Pick<ControllerPorts, 'kube'>, { body }) => watchRestart(kube, body),
)
