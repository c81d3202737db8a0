import { TaskId } from '@gridgate/core/task/task'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { joinSecondsMax } from '@gridgate/kube/bootstrap-token'
import { joinAddress } from '@gridgate/kube/join-address'
import type { ControllerPorts } from '../controller-ports.ts'

const JoinToken = z.object({
  token: z.string().describe('a secret; it is in this reply only'),
  expires_at: z.iso.datetime(),
  api_server: z
    .object({ host: z.string().describe('host:port'), ca_cert_hash: z.string().describe('sha256:<hex>') })
    .nullable()
    .describe('as the cluster publishes it (ConfigMap kube-public/cluster-info); null where it does not'),
})

/** POST /join-tokens: what a machine needs to join this cluster. Asked again for the same task, it is the same token. */
export const issueJoinToken = endpoint(
  post('/join-tokens', {
    summary: 'Issue a token for a joining node',
    access: 'service',
    body: z.object({ task_id: TaskId, seconds: z.number().int().min(60).max(joinSecondsMax) }),
    returns: JoinToken,
    errors: ['node.tokens_exhausted'],
    oneTimeSecret: true,
  }),
  async ({ kube, tokens, clock, log }: Pick<ControllerPorts, 'kube' | 'tokens' | 'clock' | 'log'>, { body }) => {
    const api_server = await joinAddress(kube)
    const { token, expiresAt } = await tokens.issue({ taskId: body.task_id, seconds: body.seconds }, clock.now())
    log.info('join_token.issued', { taskId: body.task_id, slot: token.slice(0, 6), expiresAt })
    return { token, expires_at: expiresAt.toISOString(), api_server }
  },
)
