import { Cluster } from '@gridgate/core/cluster/cluster'
import { onboardCluster } from '@gridgate/core/cluster/onboard-cluster'
import { guardErrors } from '@gridgate/core/errors'
import type { GuardPort, Needs } from '@gridgate/core/ports'
import { Warning } from '@gridgate/core/warning'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /api/createCluster: what the onboarding script calls; registers, and with a kubeconfig builds the infrastructure. */
export const onboard = endpoint(
  post('/api/createCluster', {
    operation: 'parser/create-cluster',
    summary: 'Register a cluster as the onboarding script does',
    access: 'network-admin',
    body: z
      .looseObject({ kube_config_data: z.unknown().optional().describe('the kubeconfig; starts the infrastructure') })
      .describe('The cluster document, bare or in the parser envelope'),
    bodyBytesMax: 4 * 2 ** 20,
    envelope: false,
    returns: z.object({
      success: z.literal(true),
      task_id: z.string(),
      result: Cluster,
      warnings: z.array(Warning).optional(),
    }),
    errors: ['cluster.exists', 'cluster.too_large', 'kubeconfig.invalid', ...guardErrors],
  }),
  async (
    ports: Needs<'clusters' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | 'trail' | GuardPort>,
    { body, caller, requestId },
  ) => {
    const { stored, taskId, warnings } = await onboardCluster(ports, body, { caller, requestId })
    return new Reply(
      {
        success: true,
        task_id: taskId ?? '',
        result: stored.cluster,
        ...(warnings.length > 0 ? { warnings } : {}),
      },
      { version: stored.version, headers: taskId === null ? {} : { location: `/tasks/${taskId}` } },
    )
  },
)

export const handler = lambda(onboard)
