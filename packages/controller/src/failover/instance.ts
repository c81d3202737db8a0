import { EffectOutcome, InstanceView } from '@gridgate/core/repair/instances'
import { ControllerProvider } from '@gridgate/core/repair/provider-settings'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { clusterApi } from '@gridgate/kube/remediation/cluster-api'
import { karpenter } from '@gridgate/kube/remediation/karpenter'
import { openRemedy } from '@gridgate/kube/remediation/machine-system'
import type { ControllerPorts } from '../controller-ports.ts'
import { FencedWork, Name, Uid } from './failover-order.ts'

/** Longest provider id, in characters; Azure's have some 250. */
const providerIdCharactersMax = 1024

const systems = { karpenter, cluster_api: clusterApi } as const

const Wishes = FencedWork.extend({
  ...ControllerProvider.shape,
  do: z.enum(['describe', 'reboot', 'replace']),
  node_name: Name,
  provider_id: z.string().max(providerIdCharactersMax).nullable(),
  instance_id: Uid.nullable().default(null).describe('the machine that was described; null only to describe'),
})
const isWhole = ({ do: what, instance_id }: z.infer<typeof Wishes>): boolean =>
  what === 'describe' || instance_id !== null

/** POST /failover/instance: looks at the machine of a node, or has it replaced, by the system that keeps it in this cluster. */
export const askInstance = endpoint(
  post('/failover/instance', {
    summary: 'Look at the machine of a node, or have it replaced',
    access: 'service',
    body: Wishes.refine(isWhole, 'an order names the instance that was described'),
    returns: z.union([InstanceView, z.object({ outcome: EffectOutcome })]),
    errors: [
      'action.fenced',
      'provider.unsupported',
      'provider.not_allowed',
      'provider.refused',
      'provider.throttled',
      'provider.unreachable',
      'provider.unclear',
    ],
  }),
  async ({ kube, clock, log }: Pick<ControllerPorts, 'kube' | 'clock' | 'log'>, { body }) => {
    const { kind, allow, do: what, instance_id, action, node_name: node } = body
    const remedy = openRemedy(systems[kind], { client: kube, clock, allow })
    if (what === 'describe' || instance_id === null) return remedy.describe(body)
    const outcome = await remedy[what]({ ...body, instance_id })
    log.info('instance.ordered', { taskId: action, kind, what, node, instance: instance_id, outcome })
    return { outcome }
  },
)
