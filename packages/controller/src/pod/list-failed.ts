import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'
import { FailedPod } from './failed-pods.ts'

/** Most failed pods told at once, the ones that fail the longest first. */
const failedPodsMax = 1000

/** GET /failed-pods: pods of blocks that fail, and since when. */
export const listFailedPods = endpoint(
  get('/failed-pods', {
    summary: 'List the pods of blocks that fail',
    access: 'service',
    returns: z.object({
      failed_pods: z.array(FailedPod),
      truncated: z.boolean().describe('there may be more'),
    }),
    errors: ['kube.unreachable'],
  }),
  ({ scanner, clock }: Pick<ControllerPorts, 'scanner' | 'clock'>) => {
    const failed = scanner.failedPods(clock.now())
    const truncated = failed.length > failedPodsMax || scanner.isTruncated()
    return { failed_pods: failed.slice(0, failedPodsMax), truncated }
  },
)
