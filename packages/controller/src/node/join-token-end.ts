import { TaskId } from '@gridgate/core/task/task'
import { del } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/** DELETE /join-tokens/{task_id}: the join has ended; its token goes with the last join that used it. */
export const endJoinToken = endpoint(
  del('/join-tokens/{task_id}', {
    summary: 'Take the token of a join back',
    access: 'service',
    params: z.object({ task_id: TaskId }),
    returns: z.object({ removed: z.boolean().describe('false: it had none any more') }),
  }),
  async ({ tokens, clock, log }: Pick<ControllerPorts, 'tokens' | 'clock' | 'log'>, { params }) => {
    const removed = await tokens.end(params.task_id, clock.now())
    log.info('join_token.ended', { taskId: params.task_id, removed })
    return { removed }
  },
)
