import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { restartJobSet } from '@gridgate/kube/failover/restart'
import type { ControllerPorts } from '../controller-ports.ts'
import { FencedWork, Name, Pods, tally, Uid } from './failover-order.ts'

const Report = z.object({
  name: z.string(),
  outcome: z.enum(['evicted', 'gone', 'blocked', 'failed']),
  detail: z.string().nullable(),
})

/** POST /failover/restart: evicts the leaders of a JobSet, so that it restarts; never a pod of the next attempt. */
export const restart = endpoint(
  post('/failover/restart', {
    summary: 'Evict the leaders of a JobSet',
    access: 'service',
    body: FencedWork.extend({ namespace: Name, jobset_name: Name, jobset_uid: Uid, pods: Pods }),
    returns: z.object({ pods: z.array(Report) }),
    errors: ['jobset.not_found', 'action.fenced'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { body }) => {
    const pods = await restartJobSet(kube, body)
    const { action: taskId, namespace, jobset_name: jobSet } = body
    log.info('jobset.restarted', { taskId, namespace, jobSet, ...tally(pods) })
    return { pods }
  },
)
